// Multi-access traffic splitting: a weight per user and link in, the measurements of NetworkGym's vocabulary out.
#include "multi_access.h"
#include "scenario.h"
#include "topology.h"

#include <ns3/simulator.h>

namespace netgym
{

using namespace ns3;

namespace
{

class NqosSplit : public Scenario
{
  public:
    explicit NqosSplit(const Settings& settings)
        : m_network(settings),
          m_startMs(settings.Number("measurement_start_time_ms")),
          m_guardMs(settings.Number("gma.measurement_guard_interval_ms")),
          m_intervalMs(settings.Number("gma.measurement_interval_ms"))
    {
    }

    std::string Layout() const override { return m_layout; }
    std::size_t Size() const override { return m_size; }

    void Act(const double* policy, std::size_t size) override
    {
        m_missedActions = size == 0 ? 1 : 0;
        for (int user = 0; user < m_network.UserCount(); ++user)
        {
            if (size == 0)
            {
                m_network.SetDefaultWeights(user);
            }
            else
            {
                m_network.SetWeights(user, policy + user * LINKS);
            }
        }
    }

    void WarmUp() override
    {
        Run(m_startMs);
        Advance();
        m_recording = true; // the first measurement also writes the layout
        std::vector<double> discarded;
        Measure(discarded);
        m_size = discarded.size();
        m_recording = false;
    }

    void Advance() override
    {
        Run(m_guardMs);
        for (int user = 0; user < m_network.UserCount(); ++user)
        {
            auto& meters = m_network.Downlink(user);
            meters.flow.Clear();
            for (auto& link : meters.links)
            {
                link.Clear();
            }
        }
        m_network.Lte().ClearInterval();
        Run(m_intervalMs);
        const auto nowNs = Simulator::Now().GetNanoSeconds();
        for (int user = 0; user < m_network.UserCount(); ++user)
        {
            auto& meters = m_network.Downlink(user);
            meters.flow.Close(nowNs);
            for (auto& link : meters.links)
            {
                link.Close(nowNs);
            }
        }
    }

    void Read(double* values) override
    {
        std::vector<double> measured;
        measured.reserve(m_size);
        Measure(measured);
        std::copy(measured.begin(), measured.end(), values);
    }

  private:
    using Values = std::vector<double>;

    static void Run(double ms)
    {
        if (ms > 0)
        {
            Simulator::Stop(Milliseconds(ms));
            Simulator::Run();
        }
    }

    void Measure(Values& out)
    {
        MeasureFlows(out);
        MeasureLinks(out);
        MeasureRadio(out);
    }

    /// One row with a value per user.
    template <typename PerUser>
    void Row(Values& out, const std::string& source, const std::string& name, const std::string& unit, PerUser value)
    {
        std::string ids;
        for (int user = 0; user < m_network.UserCount(); ++user)
        {
            out.push_back(value(user));
            ids += (user ? "," : "") + std::to_string(user + 1);
        }
        Record(source, name, unit, ids);
    }

    void Record(const std::string& source, const std::string& name, const std::string& unit, const std::string& ids)
    {
        if (m_recording)
        {
            m_layout += source + "\t" + name + "\t" + unit + "\t" + ids + "\n";
        }
    }

    void MeasureFlows(Values& out)
    {
        const auto flow = [this](int user) -> FlowMeter& { return m_network.Downlink(user).flow; };
        Row(out, "gma", "dl::rate", "Mbit/s", [&](int u) { return flow(u).ReceivedMbps(m_intervalMs); });
        Row(out, "gma", "dl::tx_rate", "Mbit/s", [&](int u) { return flow(u).SentMbps(m_intervalMs); });
        Row(out, "gma", "dl::qos_rate", "Mbit/s", [&](int u) {
            return flow(u).QosMet() ? flow(u).ReceivedMbps(m_intervalMs) : 0;
        });
        Row(out, "gma", "dl::owd", "ms", [&](int u) { return flow(u).OwdMs(); });
        Row(out, "gma", "dl::max_owd", "ms", [&](int u) { return flow(u).MaxOwdMs(); });
        Row(out, "gma", "dl::delay_violation", "%", [&](int u) { return flow(u).LatePercent(); });
        Row(out, "gma", "dl::delay_test_1_violation", "%", [&](int u) { return flow(u).Test1Percent(); });
        Row(out, "gma", "dl::delay_test_2_violation", "%", [&](int u) { return flow(u).Test2Percent(); });
        Row(out, "gma", "dl::loss", "%", [&](int u) { return 100 * flow(u).LossFraction(); });
        Row(out, "gma", "dl::missed_action", "", [&](int) { return m_missedActions; });
        Row(out, "gma", "dl::measurement_ok", "", [](int) { return 1; });
    }

    void MeasureLinks(Values& out)
    {
        for (int link = 0; link < LINKS; ++link)
        {
            const std::string prefix = std::string(LINK_NAMES[link]) + "::dl::";
            const auto meter = [this, link](int user) -> Meter& { return m_network.Downlink(user).links[link]; };
            const auto flow = [this](int user) -> FlowMeter& { return m_network.Downlink(user).flow; };
            Row(out, "gma", prefix + "rate", "Mbit/s", [&](int u) { return meter(u).ReceivedMbps(m_intervalMs); });
            Row(out, "gma", prefix + "tx_rate", "Mbit/s", [&](int u) { return meter(u).SentMbps(m_intervalMs); });
            Row(out, "gma", prefix + "qos_rate", "Mbit/s", [&](int u) {
                return flow(u).QosMet() ? meter(u).ReceivedMbps(m_intervalMs) : 0;
            });
            Row(out, "gma", prefix + "owd", "ms", [&](int u) { return meter(u).OwdMs(); });
            Row(out, "gma", prefix + "max_owd", "ms", [&](int u) { return meter(u).MaxOwdMs(); });
            Row(out, "gma", prefix + "traffic_ratio", "%", [&](int u) { return TrafficPercent(u, link); });
            Row(out, "gma", prefix + "split_ratio", "%", [&](int u) { return 100 * m_network.Weights(u)[link]; });
        }
    }

    double TrafficPercent(int user, int link)
    {
        const auto& links = m_network.Downlink(user).links;
        double all = 0;
        for (const auto& meter : links)
        {
            all += meter.ReceivedBytes();
        }
        return all > 0 ? 100 * links[link].ReceivedBytes() / all : 0;
    }

    void MeasureRadio(Values& out)
    {
        for (int link = 0; link < LINKS; ++link)
        {
            const auto* access = m_network.Access(link);
            Row(out, LINK_NAMES[link], "dl::max_rate", "Mbit/s", [&](int u) { return access ? access->MaxRateMbps(u) : 0; });
            Row(out, LINK_NAMES[link], "cell_id", "", [&](int u) { return access ? access->CellId(u) : NO_CELL; });
        }
        auto& lte = m_network.Lte();
        Row(out, "lte", "slice_id", "", [&](int u) { return m_network.SliceOf(u); });
        Row(out, "lte", "dl::rb_usage", "%", [&](int u) { return lte.RbUsagePercent(u); });
        for (int slice = 0; slice < m_network.SliceCount(); ++slice)
        {
            double rate = 0;
            double usage = 0;
            double members = 0;
            for (int user = 0; user < m_network.UserCount(); ++user)
            {
                if (m_network.SliceOf(user) == slice)
                {
                    rate += lte.MaxRateMbps(user);
                    usage += lte.RbUsagePercent(user);
                    members++;
                }
            }
            const std::string suffix = "::slice=" + std::to_string(slice);
            out.push_back(members > 0 ? rate / members : 0);
            Record("lte", "dl::cell::max_rate" + suffix, "Mbit/s", "1");
            out.push_back(usage);
            Record("lte", "dl::cell::rb_usage" + suffix, "%", "1");
        }
        Row(out, "gma", "x_loc", "m", [&](int u) { return m_network.Position(u).x; });
        Row(out, "gma", "y_loc", "m", [&](int u) { return m_network.Position(u).y; });
    }

    MultiAccess m_network;
    double m_startMs;
    double m_guardMs;
    double m_intervalMs;
    double m_missedActions{1}; // nobody has acted yet
    bool m_recording{false};
    std::string m_layout;
    std::size_t m_size{0};
};

const Registration NQOS_SPLIT("nqos_split", [](const Settings& settings) { return new NqosSplit(settings); });

} // namespace

} // namespace netgym
