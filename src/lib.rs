//! rmqplay: idempotent playbooks over SSH.
