// SPDX-License-Identifier: Apache-2.0
// A queue in one block of memory: entries enter at the back and leave at either end.
#pragma once
#include <cstddef>
#include <vector>

namespace fluid
{

/// Grows as needed and never shrinks, so a network that runs on allocates nothing. Copies are
/// independent.
template <typename T>
class Fifo
{
  public:
    bool Empty() const
    {
        return m_size == 0;
    }

    std::size_t Size() const
    {
        return m_size;
    }

    /// The k-th entry from the front.
    T& operator[](std::size_t k)
    {
        return m_ring[(m_first + k) & (m_ring.size() - 1)];
    }

    const T& operator[](std::size_t k) const
    {
        return m_ring[(m_first + k) & (m_ring.size() - 1)];
    }

    const T& Front() const
    {
        return (*this)[0];
    }

    const T& Back() const
    {
        return (*this)[m_size - 1];
    }

    void Push(const T& entry)
    {
        if (m_size == m_ring.size())
        {
            Grow();
        }
        m_size++;
        (*this)[m_size - 1] = entry;
    }

    /// Takes the front out.
    T Pop()
    {
        const T entry = Front();
        m_first = (m_first + 1) & (m_ring.size() - 1);
        m_size--;
        return entry;
    }

    void PopBack()
    {
        m_size--;
    }

    void Clear()
    {
        m_first = m_size = 0;
    }

  private:
    void Grow()
    {
        std::vector<T> larger(m_ring.empty() ? 16 : 2 * m_ring.size()); // a power of two
        for (std::size_t k = 0; k < m_size; ++k)
        {
            larger[k] = (*this)[k];
        }
        m_ring.swap(larger);
        m_first = 0;
    }

    std::vector<T> m_ring;
    std::size_t m_first{0};
    std::size_t m_size{0};
};

} // namespace fluid
