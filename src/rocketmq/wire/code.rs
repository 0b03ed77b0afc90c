//! The requests that are sent, and the codes of answers.

/// A kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Code {
    pub(crate) number: i32,
    /// Its purpose, for messages.
    pub(crate) action: &'static str,
}

/// All requests that are sent, under the names of RocketMQ's `RequestCode`.
pub(crate) mod requests {
    use super::Code;

    const fn code(number: i32, action: &'static str) -> Code {
        Code { number, action }
    }

    pub(crate) const SEND_MESSAGE: Code = code(10, "send a message");
    pub(crate) const PULL_MESSAGE: Code = code(11, "pull messages");
    pub(crate) const UPDATE_AND_CREATE_TOPIC: Code = code(17, "write a topic");
    pub(crate) const GET_ALL_TOPIC_CONFIG: Code = code(21, "list topics");
    pub(crate) const GET_BROKER_CONFIG: Code = code(26, "read the configuration");
    pub(crate) const GET_BROKER_RUNTIME_INFO: Code = code(28, "read the state of the broker");
    pub(crate) const GET_MAX_OFFSET: Code = code(30, "find the end of a queue");
    pub(crate) const GET_ALL_CONSUMER_OFFSET: Code = code(43, "list what consumers have read");
    pub(crate) const GET_ROUTEINFO_BY_TOPIC: Code = code(105, "find the route of a topic");
    pub(crate) const GET_BROKER_CLUSTER_INFO: Code = code(106, "list the brokers");
    pub(crate) const UPDATE_AND_CREATE_SUBSCRIPTIONGROUP: Code =
        code(200, "write a subscription group");
    pub(crate) const GET_ALL_SUBSCRIPTIONGROUP_CONFIG: Code = code(201, "list subscription groups");
    pub(crate) const WIPE_WRITE_PERM_OF_BROKER: Code = code(205, "revoke the write permission");
    pub(crate) const DELETE_SUBSCRIPTIONGROUP: Code = code(207, "delete a subscription group");
    pub(crate) const DELETE_TOPIC_IN_BROKER: Code = code(215, "delete a topic");
    pub(crate) const DELETE_TOPIC_IN_NAMESRV: Code = code(216, "delete the route of a topic");
    pub(crate) const ADD_WRITE_PERM_OF_BROKER: Code = code(327, "restore the write permission");
}

/// Returns the meaning of an answer's code, in a few words.
pub(crate) fn meaning(code: i32) -> &'static str {
    match code {
        0 => "done",
        1 => "a system error",
        2 => "too busy",
        3 => "not supported by this version",
        10 => "not written to the disk in time",
        11 => "the slave is not available",
        12 => "not written by the slave in time",
        13 => "the message is not valid, or too large",
        14 => "not served: the disk is nearly full, or it is a slave",
        16 => "no permission",
        17 => "no such topic",
        19 => "no message there",
        21 => "the offset has moved",
        24 => "no such subscription",
        26 => "no such subscription group",
        29 => "a parameter is not valid",
        _ => "no success",
    }
}
