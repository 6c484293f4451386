"""Gymnasium environments: an adapter per environment gives a simulator's measurements their meaning."""
