// SPDX-License-Identifier: Apache-2.0
// What a user's flow and a radio link exchange in one tick.
#pragma once

namespace fluid
{

/// One user on one link in one tick, in bytes of inner IP packets.
struct Load
{
    double packetBytes{0}; ///< of an IP packet
    double offered{0};     ///< sent over the link in this tick
    double backlog{0};     ///< in the link's queue: before the tick, then with what was accepted
    double ackRate{0};     ///< TCP acknowledgements going up, 1/s
    bool prioritized{false};
    // The link's answer:
    double accepted{0};  ///< of what was offered; the rest is lost
    double served{0};    ///< of the backlog
    double delayS{0};    ///< of what leaves the queue, until it is at the user
    double waitS{0};     ///< what somebody who has nothing queued would wait before that
    bool stalled{false}; ///< nothing is handed over: a retransmission is waited for
    double overtaken{0}; ///< of the backlog, in this tick, by what is sent from now on, or too old
    double lateBytes{0}; ///< served of what was overtaken before
    double lateByteS{0}; ///< sum of these bytes times their stay in the queue
};

} // namespace fluid
