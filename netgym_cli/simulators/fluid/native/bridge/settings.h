// SPDX-License-Identifier: Apache-2.0
// Settings of a scenario or parameters of a calibration: dotted keys, lists as comma-separated
// values.
#pragma once
#include <map>
#include <string>
#include <vector>

namespace fluid
{

/// A position, m.
struct Place
{
    double x{0};
    double y{0};
    double z{0};
};

/// Every getter throws std::invalid_argument, which names the key, for one that is missing or that
/// is no number where one is due.
class Settings
{
  public:
    /// One key=value per line; lists of records arrive as one list per field (`sites.x_m=0,100`).
    explicit Settings(const std::string& text);

    bool Has(const std::string& key) const;
    std::string Text(const std::string& key) const;
    /// `otherwise` for a key that is missing.
    std::string Text(const std::string& key, const std::string& otherwise) const;
    double Number(const std::string& key, double otherwise) const;
    double Number(const std::string& key) const;
    int Integer(const std::string& key) const;
    bool Flag(const std::string& key) const;
    std::vector<std::string> Texts(const std::string& key) const;
    std::vector<double> Numbers(const std::string& key) const;
    /// A list of places or a single one; empty when the list is.
    std::vector<Place> Places(const std::string& key) const;

  private:
    std::map<std::string, std::string> m_values;
};

} // namespace fluid
