"""A channel as the last release's contributor's page has it."""

from dataclasses import dataclass

from omegaconf import MISSING

from netgym_cli.channels import Arrival, Channel, DeliveryConfig


@dataclass
class SieveConfig(DeliveryConfig):
    every: int = MISSING


class Sieve(Channel[SieveConfig]):
    config_schema = SieveConfig

    def reset(self, seed=None):
        self.sent = self.arrived = self.lost = 0
        self.waiting = []

    def send(self, payload_bytes, now_ms, port=0):
        self.sent += 1
        if self.sent % self.config.every:
            self.waiting.append(Arrival(self.sent - 1, now_ms, now_ms))
        else:
            self.lost += 1
        return self.sent - 1

    def advance(self, to_ms):
        arrived = [arrival for arrival in self.waiting if arrival.arrived_ms < to_ms]
        self.waiting = self.waiting[len(arrived) :]
        self.arrived += len(arrived)
        return arrived

    def info(self):
        counted = {"sent": self.sent, "arrived": self.arrived, "lost": self.lost, "in_flight": len(self.waiting)}
        return {"state": "SIEVE", **counted, "duplicates": 0, "queue_bytes": 0}
