// The same scenario stepped without Python: the yardstick for what the road through Python costs.
// Usage: native_main SCENARIO SETTINGS_FILE SEED STEPS LINKS_PER_USER WEIGHTS... ; prints wall seconds of the steps.
#include "scenario.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <vector>

int
main(int argc, char** argv)
{
    if (argc < 6)
    {
        std::fprintf(stderr, "usage: native_main SCENARIO SETTINGS_FILE SEED STEPS POLICY_SIZE\n");
        return 2;
    }
    std::ifstream file(argv[2]);
    std::stringstream settings;
    settings << file.rdbuf();
    netgym::Scenario* scenario = netgym::Create(argv[1], settings.str(), std::strtoull(argv[3], nullptr, 10));
    scenario->WarmUp();
    const std::vector<double> policy(std::atoi(argv[5]), 1.0 / 3);
    std::vector<double> values(scenario->Size());
    const int steps = std::atoi(argv[4]);
    const auto events = netgym::Events();
    const auto start = std::chrono::steady_clock::now();
    for (int step = 0; step < steps; ++step)
    {
        scenario->Act(policy.data(), policy.size());
        scenario->Advance();
        scenario->Read(values.data());
        if (std::getenv("VERBOSE"))
        {
            std::fprintf(stderr, "%d %.3f s %lu events\n", step,
                         std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
                         static_cast<unsigned long>(netgym::Events() - events));
        }
    }
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
    std::printf("{\"wall_s\": %.6f, \"events\": %lu, \"check\": %.17g}\n", wall.count(),
                static_cast<unsigned long>(netgym::Events() - events), values[0]);
    netgym::Destroy(scenario);
    return 0;
}
