// SPDX-License-Identifier: GPL-2.0-only
// Frequency-selective small-scale fading for LTE: the ns-3 wheel ships no fading traces.
#pragma once
#include <ns3/nstime.h>
#include <ns3/random-variable-stream.h>
#include <ns3/spectrum-propagation-loss-model.h>

#include <complex>
#include <map>
#include <vector>

namespace netgym
{

/// Rician block fading (K = 1): each block of resource blocks of each link has one complex gain, a
/// first-order autoregressive process in time (Jakes-like coherence), unit mean power.
class BlockFading : public ns3::SpectrumPropagationLossModel
{
  public:
    static ns3::TypeId GetTypeId();
    BlockFading();

  private:
    struct State
    {
        double atMs{0};
        std::vector<std::complex<double>> gains;
    };

    std::int64_t DoAssignStreams(std::int64_t stream) override;
    ns3::Ptr<ns3::SpectrumValue> DoCalcRxPowerSpectralDensity(
        ns3::Ptr<const ns3::SpectrumSignalParameters> signal,
        ns3::Ptr<const ns3::MobilityModel> a,
        ns3::Ptr<const ns3::MobilityModel> b) const override;
    /// A complex normal number of unit mean power.
    std::complex<double> Draw() const;
    /// Updates the gains, for at least this many blocks.
    void Refresh(State& state, std::size_t blocks) const;

    ns3::Time m_coherence;
    ns3::Ptr<ns3::NormalRandomVariable> m_normal;
    /// Keyed by node ids, not by addresses of objects: the order of draws must not depend on the
    /// allocator.
    mutable std::map<std::pair<std::uint32_t, std::uint32_t>, State> m_states;
};

} // namespace netgym
