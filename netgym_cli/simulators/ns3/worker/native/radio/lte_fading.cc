// SPDX-License-Identifier: GPL-2.0-only
#include "radio/lte_fading.h"

#include "bridge/scenario.h"

#include <ns3/mobility-model.h>
#include <ns3/node.h>
#include <ns3/spectrum-signal-parameters.h>

#include <algorithm>
#include <cmath>

namespace netgym
{

using namespace ns3;

namespace
{

// About 1 MHz: the coherence bandwidth of a delay spread near 0.2 us.
constexpr std::size_t RBS_PER_BLOCK = 6;
constexpr double UPDATE_MS = 5;
constexpr double RICE_K = 1;

} // namespace

NS_OBJECT_ENSURE_REGISTERED(BlockFading);

TypeId
BlockFading::GetTypeId()
{
    static TypeId id = TypeId("netgym::BlockFading")
                           .SetParent<SpectrumPropagationLossModel>()
                           .AddConstructor<BlockFading>()
                           .AddAttribute("Coherence",
                                         "Coherence time",
                                         TimeValue(MilliSeconds(50)),
                                         MakeTimeAccessor(&BlockFading::m_coherence),
                                         MakeTimeChecker());
    return id;
}

BlockFading::BlockFading()
    : m_normal(CreateObject<NormalRandomVariable>())
{
}

std::int64_t
BlockFading::DoAssignStreams(std::int64_t stream)
{
    m_normal->SetStream(stream);
    return 1;
}

std::complex<double>
BlockFading::Draw() const
{
    const double re = m_normal->GetValue();
    const double im = m_normal->GetValue();
    return std::complex<double>(re, im) / std::sqrt(2.0);
}

void
BlockFading::Refresh(State& state, std::size_t blocks) const
{
    const double nowMs = NowMs();
    const double ageMs = nowMs - state.atMs;
    if (ageMs >= UPDATE_MS)
    {
        const double memory = std::exp(-ageMs / (m_coherence.GetNanoSeconds() * 1e-6));
        const double innovation = std::sqrt(1 - memory * memory);
        for (auto& gain : state.gains)
        {
            gain = memory * gain + innovation * Draw();
        }
        state.atMs = nowMs;
    }
    // Until a user knows its cell's bandwidth, its signals span fewer blocks.
    while (state.gains.size() < blocks)
    {
        state.gains.push_back(Draw());
    }
}

Ptr<SpectrumValue>
BlockFading::DoCalcRxPowerSpectralDensity(Ptr<const SpectrumSignalParameters> signal,
                                          Ptr<const MobilityModel> a,
                                          Ptr<const MobilityModel> b) const
{
    // Uplink and downlink of a link have different bands and so different states.
    const auto from = a->GetObject<Node>()->GetId();
    const auto to = b->GetObject<Node>()->GetId();
    Ptr<SpectrumValue> received = signal->psd->Copy();
    const std::size_t bands = received->GetSpectrumModel()->GetNumBands();
    State& state = m_states[{from, to}];
    Refresh(state, (bands + RBS_PER_BLOCK - 1) / RBS_PER_BLOCK);
    const double direct = std::sqrt(RICE_K / (RICE_K + 1));
    const double scattered = std::sqrt(1 / (RICE_K + 1));
    std::size_t band = 0;
    for (auto value = received->ValuesBegin(); value != received->ValuesEnd(); ++value, ++band)
    {
        *value *= std::norm(direct + scattered * state.gains[band / RBS_PER_BLOCK]);
    }
    return received;
}

} // namespace netgym
