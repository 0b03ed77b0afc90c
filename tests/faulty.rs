//! A transport that fails where a test wants it: shells of this machine behind a bad cable.

use rmqplay::host::shell::{Channel, Received, Transport};
use rmqplay::host::{HostError, Limits, Local, Stream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What happens at a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The connection is cut, and the message lost.
    CutBefore,
    /// The connection is cut once the message was handed over.
    CutAfter,
    /// Every process of the host ends at once once it has the message, and the connection with it.
    PowerCut,
    /// The time of the task is over.
    TimeOut,
    /// The user presses ^C.
    Interrupt,
}

impl Fault {
    pub(crate) const ALL: [Fault; 5] = [
        Fault::CutBefore,
        Fault::CutAfter,
        Fault::PowerCut,
        Fault::TimeOut,
        Fault::Interrupt,
    ];
}

/// What its channels share.
#[derive(Debug, Default)]
struct Plan {
    /// Messages sent so far.
    messages: usize,
    /// The message at which something happens, once.
    fault: Option<(usize, Fault)>,
    /// Whether channels that are open are lost, from how many of them on.
    lost: usize,
    opened: usize,
}

/// Shells of this machine behind a bad cable.
#[derive(Clone)]
pub(crate) struct Faulty {
    plan: Arc<Mutex<Plan>>,
    /// A word in the environment of all that runs, by which it is found.
    mark: String,
    pub(crate) patience: Duration,
}

impl Faulty {
    pub(crate) fn new(mark: &str) -> Self {
        Self {
            plan: Arc::default(),
            mark: format!("FAULTY={mark}"),
            patience: Duration::from_secs(30),
        }
    }

    /// Returns the words that start this shell so that it can be found.
    pub(crate) fn shell(&self, shell: &str) -> String {
        format!("env {} {shell}", self.mark)
    }

    /// Has something happen at that message from now on.
    pub(crate) fn plan(&self, message: usize, fault: Fault) {
        let mut plan = self.plan.lock().unwrap();
        plan.messages = 0;
        plan.fault = Some((message, fault));
    }

    /// Returns whether what was planned has happened.
    pub(crate) fn has_happened(&self) -> bool {
        self.plan.lock().unwrap().fault.is_none()
    }

    /// Ends all shells that are open, as the host does that closes idle ones.
    pub(crate) fn lose(&self) {
        let mut plan = self.plan.lock().unwrap();
        plan.lost = plan.opened;
    }

    /// Returns how many shells were opened.
    pub(crate) fn opened(&self) -> usize {
        self.plan.lock().unwrap().opened
    }

    /// Ends everything that runs with the mark, and returns when it is gone.
    fn power_cut(&self) {
        loop {
            let found = self.processes();
            if found.is_empty() {
                return;
            }
            for process in found {
                crate::sshd::program(&["sh", "-c", &format!("kill -KILL {process} 2>&-; true")]);
            }
        }
    }

    /// Returns the ids of the processes that run with the mark.
    pub(crate) fn processes(&self) -> Vec<String> {
        let processes = std::fs::read_dir("/proc").unwrap();
        let numbers = processes.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        numbers
            .filter(|number| {
                // One that has ended has none.
                let environment = std::fs::read(format!("/proc/{number}/environ"));
                let environment = environment.unwrap_or_default();
                environment
                    .split(|byte| *byte == 0)
                    .any(|variable| variable == self.mark.as_bytes())
            })
            .collect()
    }
}

fn cut() -> HostError {
    HostError::Unreachable {
        reason: "the cable was cut".to_owned(),
        help: None,
    }
}

impl Transport for Faulty {
    fn open(&self, command: &str, limits: &Limits) -> Result<Box<dyn Channel>, HostError> {
        let channel = Local::default().open(command, limits)?;
        let mut plan = self.plan.lock().unwrap();
        plan.opened += 1;
        Ok(Box::new(FaultyChannel {
            channel,
            transport: self.clone(),
            number: plan.opened,
        }))
    }

    fn connects(&self, host: &str, port: u16, limits: &Limits) -> Result<Option<bool>, HostError> {
        Local::default().connects(host, port, limits)
    }

    fn connect(
        &self,
        host: &str,
        port: u16,
        limits: &Limits,
    ) -> Result<Box<dyn Stream>, HostError> {
        Local::default().connect(host, port, limits)
    }

    fn patience(&self) -> Duration {
        self.patience
    }

    fn describe(&self) -> String {
        "a host behind a bad cable".to_owned()
    }
}

struct FaultyChannel {
    channel: Box<dyn Channel>,
    transport: Faulty,
    number: usize,
}

impl FaultyChannel {
    /// Counts a message that `send` hands over, and has happen what was planned for it.
    fn message(
        &mut self,
        send: impl FnOnce(&mut dyn Channel) -> Result<(), HostError>,
    ) -> Result<(), HostError> {
        let fault = {
            let mut plan = self.transport.plan.lock().unwrap();
            plan.messages += 1;
            let messages = plan.messages;
            plan.fault.take_if(|(at, _)| *at == messages)
        };
        let Some((_, fault)) = fault else {
            return send(self.channel.as_mut());
        };
        if fault != Fault::CutBefore {
            send(self.channel.as_mut())?;
        }
        match fault {
            Fault::TimeOut => return Err(HostError::TimedOut),
            Fault::Interrupt => return Err(HostError::Cancelled),
            Fault::PowerCut => self.transport.power_cut(),
            Fault::CutBefore | Fault::CutAfter => {}
        }
        self.channel.close();
        Err(cut())
    }
}

impl Channel for FaultyChannel {
    fn send(&mut self, bytes: &[u8], limits: &Limits) -> Result<(), HostError> {
        self.message(|channel| channel.send(bytes, limits))
    }

    fn finish_input(&mut self, limits: &Limits) -> Result<(), HostError> {
        self.message(|channel| channel.finish_input(limits))
    }

    fn receive(&mut self, limits: &Limits) -> Result<Received, HostError> {
        if self.number <= self.transport.plan.lock().unwrap().lost {
            self.channel.close();
            return Ok(Received::Closed);
        }
        self.channel.receive(limits)
    }

    fn close(&mut self) {
        self.channel.close();
    }
}
