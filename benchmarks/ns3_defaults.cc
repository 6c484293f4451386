// SPDX-License-Identifier: GPL-2.0-only
// Prints the initial value of every ns-3 attribute that is named as an argument, with its name
// before a tab; benchmarks/ns3_defaults.py compiles and runs it.
#include <ns3/attribute.h>
#include <ns3/type-id.h>

#include <iostream>
#include <string>

int
main(int argc, char** argv)
{
    for (int i = 1; i < argc; ++i)
    {
        const std::string path = argv[i];
        const auto end = path.rfind("::");
        ns3::TypeId type;
        ns3::TypeId::AttributeInformation attribute;
        if (!ns3::TypeId::LookupByNameFailSafe(path.substr(0, end), &type) ||
            !type.LookupAttributeByName(path.substr(end + 2), &attribute))
        {
            std::cerr << "ns-3 has no attribute " << path << std::endl;
            return 1;
        }
        std::cout << path << '\t'
                  << attribute.originalInitialValue->SerializeToString(attribute.checker) << '\n';
    }
    return 0;
}
