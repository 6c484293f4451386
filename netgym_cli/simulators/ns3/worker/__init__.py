# SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
"""The simulator's side: a program of its own under GPL-2.0, because it links ns-3. Only `protocol` is shared."""
