// SPDX-License-Identifier: Apache-2.0
#include "bridge/settings.h"

#include <cstdlib>
#include <sstream>
#include <stdexcept>

namespace fluid
{

namespace
{

double
ToNumber(const std::string& key, const std::string& text)
{
    char* end = nullptr;
    const double number = std::strtod(text.c_str(), &end);
    if (text.empty() || *end != '\0')
    {
        throw std::invalid_argument("the setting '" + key + "' is '" + text +
                                    "'; allowed: a number");
    }
    return number;
}

} // namespace

Settings::Settings(const std::string& text)
{
    std::istringstream lines(text);
    std::string line;
    while (std::getline(lines, line))
    {
        const auto equals = line.find('=');
        if (equals != std::string::npos)
        {
            m_values[line.substr(0, equals)] = line.substr(equals + 1);
        }
    }
}

bool
Settings::Has(const std::string& key) const
{
    return m_values.count(key) > 0;
}

std::string
Settings::Text(const std::string& key) const
{
    const auto found = m_values.find(key);
    if (found == m_values.end())
    {
        throw std::invalid_argument("the fluid scenario needs '" + key + "', which is missing");
    }
    return found->second;
}

std::string
Settings::Text(const std::string& key, const std::string& otherwise) const
{
    return Has(key) ? Text(key) : otherwise;
}

double
Settings::Number(const std::string& key, double otherwise) const
{
    return Has(key) ? Number(key) : otherwise;
}

double
Settings::Number(const std::string& key) const
{
    return ToNumber(key, Text(key));
}

int
Settings::Integer(const std::string& key) const
{
    return static_cast<int>(Number(key));
}

bool
Settings::Flag(const std::string& key) const
{
    return Number(key) != 0;
}

std::vector<std::string>
Settings::Texts(const std::string& key) const
{
    std::vector<std::string> items;
    std::istringstream text(Text(key));
    std::string item;
    while (std::getline(text, item, ','))
    {
        items.push_back(item);
    }
    return items;
}

std::vector<double>
Settings::Numbers(const std::string& key) const
{
    std::vector<double> numbers;
    for (const auto& item : Texts(key))
    {
        numbers.push_back(ToNumber(key, item));
    }
    return numbers;
}

std::vector<Place>
Settings::Places(const std::string& key) const
{
    std::vector<Place> places;
    if (!Has(key + ".x_m"))
    {
        return places;
    }
    const auto x = Numbers(key + ".x_m");
    const auto y = Numbers(key + ".y_m");
    const auto z = Numbers(key + ".z_m");
    for (std::size_t k = 0; k < x.size(); ++k)
    {
        places.push_back({x[k], y[k], z[k]});
    }
    return places;
}

} // namespace fluid
