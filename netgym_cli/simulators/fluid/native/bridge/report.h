// SPDX-License-Identifier: Apache-2.0
// Takes a measurement down: values in a fixed order and, if asked to, the layout that describes
// them.
#pragma once
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

namespace fluid
{

class Report
{
  public:
    /// Writes values from `values` on; null only counts them. With a `layout`, describes them
    /// there: a line per row with source, name, unit and comma-separated ids, divided by tabs.
    explicit Report(double* values, std::string* layout = nullptr)
        : m_values(values),
          m_layout(layout)
    {
    }

    /// One row with a value per entity; ids count from 1, `value` is called with indices from 0.
    /// The parts of `name` are joined.
    template <typename PerEntity>
    void Row(std::string_view source,
             std::initializer_list<std::string_view> name,
             std::string_view unit,
             int count,
             PerEntity value)
    {
        for (int k = 0; k < count; ++k)
        {
            Add(static_cast<double>(value(k)));
        }
        if (m_layout && count > 0)
        {
            Describe(source, name, unit, count);
        }
    }

    /// One row with the single value of entity 1, such as a network or its only cell.
    void Value(std::string_view source,
               std::initializer_list<std::string_view> name,
               std::string_view unit,
               double value)
    {
        Add(value);
        if (m_layout)
        {
            Describe(source, name, unit, 1);
        }
    }

    /// Values taken down so far.
    std::size_t Size() const
    {
        return m_size;
    }

  private:
    void Add(double value)
    {
        if (m_values)
        {
            m_values[m_size] = value;
        }
        m_size++;
    }

    void Describe(std::string_view source,
                  std::initializer_list<std::string_view> name,
                  std::string_view unit,
                  int count)
    {
        m_layout->append(source).append("\t");
        for (const auto part : name)
        {
            m_layout->append(part);
        }
        m_layout->append("\t").append(unit).append("\t");
        for (int id = 1; id <= count; ++id)
        {
            m_layout->append(id > 1 ? "," : "").append(std::to_string(id));
        }
        m_layout->append("\n");
    }

    double* m_values;
    std::string* m_layout;
    std::size_t m_size{0};
};

} // namespace fluid
