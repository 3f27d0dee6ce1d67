"""Legal review of major decisions (重大执法决定法制审核): which need one, its rounds, and the gate."""
