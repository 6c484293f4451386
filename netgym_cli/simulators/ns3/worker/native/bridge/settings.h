// SPDX-License-Identifier: GPL-2.0-only
// The scenario's settings from the config: dotted keys, lists as comma-separated values.
#pragma once
#include <ns3/vector.h>

#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace netgym
{

class Settings
{
  public:
    /// One key=value per line. Lists of records arrive as one list per field (`aps.x_m=0,100`).
    explicit Settings(const std::string& text)
    {
        std::istringstream lines(text);
        for (std::string line; std::getline(lines, line);)
        {
            const auto equals = line.find('=');
            m_values[line.substr(0, equals)] = line.substr(equals + 1);
        }
    }

    std::string Text(const std::string& key) const
    {
        const auto entry = m_values.find(key);
        if (entry == m_values.end())
        {
            throw std::invalid_argument("the scenario needs the setting '" + key +
                                        "', which is missing");
        }
        return entry->second;
    }

    /// As Text, or `otherwise` where the adapter sends no such key.
    std::string Text(const std::string& key, const std::string& otherwise) const
    {
        return m_values.count(key) ? Text(key) : otherwise;
    }

    double Number(const std::string& key) const
    {
        return ToNumber(key, Text(key));
    }

    int Integer(const std::string& key) const
    {
        return static_cast<int>(Number(key));
    }

    bool Flag(const std::string& key) const
    {
        return Number(key) != 0;
    }

    std::vector<std::string> Texts(const std::string& key) const
    {
        std::vector<std::string> items;
        std::istringstream text(Text(key));
        for (std::string item; std::getline(text, item, ',');)
        {
            items.push_back(item);
        }
        return items;
    }

    std::vector<double> Numbers(const std::string& key) const
    {
        std::vector<double> numbers;
        for (const auto& item : Texts(key))
        {
            numbers.push_back(ToNumber(key, item));
        }
        return numbers;
    }

    /// A list of places, or a single one; empty when the list is.
    std::vector<ns3::Vector> Places(const std::string& key) const
    {
        std::vector<ns3::Vector> places;
        if (m_values.count(key + ".x_m"))
        {
            const auto x = Numbers(key + ".x_m");
            const auto y = Numbers(key + ".y_m");
            const auto z = Numbers(key + ".z_m");
            for (std::size_t i = 0; i < x.size(); ++i)
            {
                places.emplace_back(x[i], y[i], z[i]);
            }
        }
        return places;
    }

  private:
    static double ToNumber(const std::string& key, const std::string& text)
    {
        std::size_t used = 0;
        double number = 0;
        try
        {
            number = std::stod(text, &used);
        }
        catch (const std::exception&)
        {
            used = 0;
        }
        if (used == 0 || used != text.size())
        {
            throw std::invalid_argument("setting '" + key + "' is '" + text +
                                        "', which is not a number");
        }
        return number;
    }

    std::map<std::string, std::string> m_values;
};

} // namespace netgym
