#!/bin/sh
# The study behind report.html: PPO on rmcat with three seeds, evaluated beside three rules, and reported.
set -e
netgym train -m env=rmcat agent=ppo "seed=range(1,4)" steps=30000 evaluate_at_end=0 hydra.sweep.dir=outputs/media
netgym evaluate outputs/media agent=random,system_default,delay_aimd episodes=5 seeds=10 -o outputs/media_evaluated
netgym report outputs/media outputs/media_evaluated -o outputs/media.html --csv outputs/media.csv
