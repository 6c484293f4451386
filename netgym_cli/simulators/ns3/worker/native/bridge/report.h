// SPDX-License-Identifier: GPL-2.0-only
// Collects a measurement: values in a fixed order and, the first time, the layout that describes
// them.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

namespace netgym
{

class Report
{
  public:
    /// With `describing`, the layout is written as well.
    explicit Report(bool describing)
        : m_describing(describing)
    {
    }

    /// One row with a value per entity; ids count from 1, `value` is called with indices from 0.
    template <typename PerEntity>
    void Row(const std::string& source,
             const std::string& name,
             const std::string& unit,
             int count,
             PerEntity value)
    {
        std::string ids;
        for (int i = 0; i < count; ++i)
        {
            m_values.push_back(value(i));
            ids += m_describing ? (i ? "," : "") + std::to_string(i + 1) : "";
        }
        Describe(source, name, unit, ids);
    }

    /// One row with the single value of entity 1, such as a network or its only cell.
    void Value(const std::string& source,
               const std::string& name,
               const std::string& unit,
               double value)
    {
        m_values.push_back(value);
        Describe(source, name, unit, "1");
    }

    const std::vector<double>& Values() const
    {
        return m_values;
    }

    /// One line per row: source, name, unit and ids, divided by tabs.
    const std::string& Layout() const
    {
        return m_layout;
    }

  private:
    void Describe(const std::string& source,
                  const std::string& name,
                  const std::string& unit,
                  const std::string& ids)
    {
        if (m_describing && !ids.empty())
        {
            m_layout += source + "\t" + name + "\t" + unit + "\t" + ids + "\n";
        }
    }

    bool m_describing;
    std::vector<double> m_values;
    std::string m_layout;
};

} // namespace netgym
