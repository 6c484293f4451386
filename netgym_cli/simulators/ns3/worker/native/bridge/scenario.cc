// SPDX-License-Identifier: GPL-2.0-only
#include "bridge/scenario.h"

#include "bridge/settings.h"

#include <ns3/config.h>
#include <ns3/mac48-address.h>
#include <ns3/rng-seed-manager.h>
#include <ns3/simulator.h>

#include <exception>
#include <iostream>
#include <map>
#include <poll.h>
#include <unistd.h>

namespace netgym
{

namespace
{

std::map<std::string, std::function<Scenario*(const Settings&)>>&
Scenarios()
{
    static std::map<std::string, std::function<Scenario*(const Settings&)>> scenarios;
    return scenarios;
}

int g_fatalStatus = 1;

void
QuietExit()
{
    std::cerr.flush();
    std::cout.flush();
    _exit(g_fatalStatus);
}

} // namespace

Registration::Registration(const std::string& name, std::function<Scenario*(const Settings&)> make)
{
    Scenarios()[name] = std::move(make);
}

Scenario*
Create(const std::string& name, const std::string& settings, std::uint64_t seed)
{
    const auto entry = Scenarios().find(name);
    if (entry == Scenarios().end())
    {
        std::string known;
        for (const auto& [key, make] : Scenarios())
        {
            known += " " + key;
        }
        throw std::invalid_argument("unknown scenario '" + name + "'; known:" + known);
    }
    // Config::Reset also resets the run number, so it comes first. It takes a third of the time of
    // building a small network, so it is left out where the same scenario with the same settings
    // will set the same defaults again. Without resetting the stream index and the addresses below,
    // a second build in one process would draw other numbers from the same seed.
    static std::string before;
    if (const auto now = name + "\n" + settings; now != before)
    {
        ns3::Config::Reset();
        before = now;
    }
    ns3::RngSeedManager::SetSeed(1);
    ns3::RngSeedManager::SetRun(seed);
    ns3::RngSeedManager::ResetNextStreamIndex();
    ns3::Mac48Address::ResetAllocationIndex();
    return entry->second(Settings(settings));
}

std::size_t
Run(Scenario* scenario, const double* controls, std::size_t size, int inbox)
{
    pollfd readable{inbox, POLLIN, 0};
    std::size_t used = 0;
    while (used < size)
    {
        const auto length = static_cast<std::size_t>(controls[used]);
        scenario->Act(controls + used + 1, length);
        scenario->Advance();
        used += 1 + length;
        if (poll(&readable, 1, 0) > 0)
        {
            break;
        }
    }
    return used;
}

void
Destroy(Scenario* scenario)
{
    ns3::Simulator::Destroy();
    delete scenario;
}

double
NowMs()
{
    return ns3::Simulator::Now().GetNanoSeconds() * 1e-6;
}

std::uint64_t
Events()
{
    return ns3::Simulator::GetEventCount();
}

void
ExitOnFatal(int status)
{
    g_fatalStatus = status;
    std::set_terminate(QuietExit);
}

} // namespace netgym
