// SPDX-License-Identifier: Apache-2.0
#include "bridge/scenario.h"

#include <map>
#include <stdexcept>

namespace fluid
{

namespace
{

std::map<std::string, Factory>&
Factories()
{
    static std::map<std::string, Factory> factories;
    return factories;
}

} // namespace

Registration::Registration(const std::string& name, Factory make)
{
    Factories()[name] = std::move(make);
}

std::unique_ptr<Scenario>
Create(const std::string& name, const Settings& settings, const Settings& calibration)
{
    const auto entry = Factories().find(name);
    if (entry == Factories().end())
    {
        throw std::invalid_argument("there is no fluid scenario '" + name + "'");
    }
    return entry->second(settings, calibration);
}

std::vector<std::string>
Names()
{
    std::vector<std::string> names;
    for (const auto& [name, make] : Factories())
    {
        names.push_back(name);
    }
    return names;
}

} // namespace fluid
