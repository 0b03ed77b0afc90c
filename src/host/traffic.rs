//! The cost of talking to a host.

/// The total cost of talking to a host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Requests that had to wait for an answer.
    pub round_trips: u64,
    /// Processes started on the host by the requests themselves (commands of tasks included).
    pub forks: u64,
    /// Bytes sent.
    pub sent: u64,
    /// Bytes received.
    pub received: u64,
}

impl std::ops::Add for Traffic {
    type Output = Traffic;

    fn add(self, other: Traffic) -> Traffic {
        Traffic {
            round_trips: self.round_trips + other.round_trips,
            forks: self.forks + other.forks,
            sent: self.sent + other.sent,
            received: self.received + other.received,
        }
    }
}

impl std::ops::Sub for Traffic {
    type Output = Traffic;

    fn sub(self, earlier: Traffic) -> Traffic {
        Traffic {
            round_trips: self.round_trips - earlier.round_trips,
            forks: self.forks - earlier.forks,
            sent: self.sent - earlier.sent,
            received: self.received - earlier.received,
        }
    }
}
