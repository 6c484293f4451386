// SPDX-License-Identifier: GPL-2.0-only
// The same scenario stepped without Python: the yardstick for what the road through Python costs.
// Usage: native_main SCENARIO SETTINGS_FILE SEED CONTROL_SIZE
// Builds the network, then reads numbers of steps from stdin; for each, it applies equal weights in
// every step and prints the seconds that the steps took and the sum of the last measurement.
#include "bridge/scenario.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <numeric>
#include <sstream>
#include <vector>

int
main(int argc, char** argv)
{
    if (argc != 5)
    {
        std::fprintf(stderr, "usage: native_main SCENARIO SETTINGS_FILE SEED CONTROL_SIZE\n");
        return 2;
    }
    std::ifstream file(argv[2]);
    std::stringstream settings;
    settings << file.rdbuf();
    netgym::Scenario* scenario =
        netgym::Create(argv[1], settings.str(), std::strtoull(argv[3], nullptr, 10));
    scenario->WarmUp();
    const std::vector<double> control(std::strtoull(argv[4], nullptr, 10), 1.0 / 3);
    std::vector<double> values(scenario->Size());
    for (int steps = 0; std::cin >> steps;)
    {
        const auto start = std::chrono::steady_clock::now();
        for (int step = 0; step < steps; ++step)
        {
            scenario->Act(control.data(), control.size());
            scenario->Advance();
            scenario->Read(values.data());
        }
        const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
        std::printf("%.6f %.17g\n",
                    wall.count(),
                    std::accumulate(values.begin(), values.end(), 0.0));
        std::fflush(stdout);
    }
    netgym::Destroy(scenario);
    return 0;
}
