// SPDX-License-Identifier: Apache-2.0
#include "bridge/networks.h"

#include "bridge/scenario.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <system_error>
#include <thread>

struct Networks
{
    std::vector<std::unique_ptr<fluid::Scenario>> all;
    std::string layout;
    std::size_t size{0};
    std::size_t controlSize{0};
    std::size_t threads{1};
};

namespace
{

constexpr std::size_t PORTION = 4; ///< networks that a thread takes at a time: they differ in cost

thread_local std::string lastError;

/// What `make` makes; null, and the reason kept, if it throws.
template <typename Make>
Networks*
OrNull(Make make)
{
    try
    {
        return make().release();
    }
    catch (const std::exception& error)
    {
        lastError = error.what();
        return nullptr;
    }
}

/// Calls `work` with the number of every network. The threads live as long as the call, so that a
/// process that forks between two calls has only one.
template <typename Work>
void
ForAll(const Networks& networks, Work work)
{
    std::atomic<std::size_t> next{0};
    const auto take = [&] {
        for (std::size_t from; (from = next.fetch_add(PORTION)) < networks.all.size();)
        {
            const std::size_t to = std::min(from + PORTION, networks.all.size());
            for (std::size_t k = from; k < to; ++k)
            {
                work(k);
            }
        }
    };
    std::vector<std::thread> helpers;
    try
    {
        for (std::size_t k = 1; k < networks.threads; ++k)
        {
            helpers.emplace_back(take);
        }
    }
    catch (const std::system_error&) // the system gives no more: those that there are do it
    {
    }
    take();
    for (auto& helper : helpers)
    {
        helper.join();
    }
}

} // namespace

extern "C"
{
    const char* fluid_scenarios()
    {
        static const std::string names = [] {
            std::string lines;
            for (const auto& name : fluid::Names())
            {
                lines += (lines.empty() ? "" : "\n") + name;
            }
            return lines;
        }();
        return names.c_str();
    }

    const char* fluid_error()
    {
        return lastError.c_str();
    }

    Networks* fluid_open(const char* scenario,
                         const char* settings,
                         const char* const* calibrations,
                         std::size_t calibrationCount,
                         std::size_t copies,
                         std::size_t first)
    {
        return OrNull([&] {
            auto networks = std::make_unique<Networks>();
            const fluid::Settings given(settings);
            std::vector<std::unique_ptr<fluid::Scenario>> models;
            for (std::size_t k = 0; k < calibrationCount; ++k)
            {
                models.push_back(fluid::Create(scenario, given, fluid::Settings(calibrations[k])));
            }
            fluid::Report report(nullptr, &networks->layout);
            models.front()->Measure(report);
            networks->size = report.Size();
            networks->controlSize = models.front()->ControlSize();
            for (std::size_t k = 0; k < copies; ++k)
            {
                networks->all.push_back(models[(first + k) % calibrationCount]->Clone());
            }
            return networks;
        });
    }

    Networks* fluid_copy(const Networks* networks)
    {
        return OrNull([&] {
            auto copy = std::make_unique<Networks>();
            copy->layout = networks->layout;
            copy->size = networks->size;
            copy->controlSize = networks->controlSize;
            copy->threads = networks->threads;
            for (const auto& network : networks->all)
            {
                copy->all.push_back(network->Clone());
            }
            return copy;
        });
    }

    void fluid_close(Networks* networks)
    {
        delete networks;
    }

    const char* fluid_layout(const Networks* networks)
    {
        return networks->layout.c_str();
    }

    std::size_t fluid_size(const Networks* networks)
    {
        return networks->size;
    }

    std::size_t fluid_control_size(const Networks* networks)
    {
        return networks->controlSize;
    }

    void fluid_use_threads(Networks* networks, std::size_t threads)
    {
        networks->threads = threads;
    }

    void fluid_place(Networks* networks, const double* users, std::size_t count)
    {
        for (std::size_t k = 0; k < networks->all.size(); ++k)
        {
            networks->all[k]->PlaceUsers(
                std::vector<double>(users + k * count, users + (k + 1) * count));
        }
    }

    void fluid_start(Networks* networks, const std::int64_t* seeds, const std::uint8_t* chosen)
    {
        ForAll(*networks, [=](std::size_t k) {
            if (!chosen || chosen[k])
            {
                networks->all[k]->Start(static_cast<std::uint64_t>(seeds[k]));
            }
        });
    }

    void fluid_step(Networks* networks, const double* controls)
    {
        ForAll(*networks, [=](std::size_t k) {
            const double* control = controls ? controls + k * networks->controlSize : nullptr;
            networks->all[k]->Act(control && !std::isnan(control[0]) ? control : nullptr);
            networks->all[k]->Advance();
        });
    }

    void fluid_read(const Networks* networks, double* values, double* timesMs, std::uint64_t* ticks)
    {
        for (std::size_t k = 0; k < networks->all.size(); ++k)
        {
            fluid::Report report(values + k * networks->size);
            networks->all[k]->Measure(report);
            timesMs[k] = networks->all[k]->NowMs();
            ticks[k] = networks->all[k]->Ticks();
        }
    }
}
