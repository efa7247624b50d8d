//! One connection, and a batch of calls over it: written at once, answered one after another.

use std::time::{Duration, Instant};

use redis::{Client, Connection, Value};
use resil_core::pure::store_gate::Fault;

use crate::call::{Call, Outcome};
use crate::fault;
use crate::lane::Carries;

pub(crate) struct Wire {
    connection: Connection,
    packed: Vec<u8>,
    /// What the socket waits for an answer.
    timeout: Duration,
}

impl Wire {
    /// Connects and greets, in at most `timeout` for each address of the server.
    pub(crate) fn connect(client: &Client, timeout: Duration) -> Result<Self, Fault> {
        let connected = client.get_connection_with_timeout(timeout);
        let connection = connected.map_err(|error| match fault::of_error(&error) {
            Fault::Call | Fault::Timeout => Fault::Disconnected,
            fault => fault,
        })?;
        let mut wire =
            Self { connection, packed: Vec::with_capacity(1024), timeout: Duration::ZERO };
        wire.wait_at_most(timeout)?;
        Ok(wire)
    }

    fn wait_at_most(&mut self, timeout: Duration) -> Result<(), Fault> {
        // A socket takes 0 for "for ever".
        let timeout = timeout.max(Duration::from_micros(100));
        if timeout != self.timeout {
            let set = self.connection.set_read_timeout(Some(timeout));
            set.and_then(|()| self.connection.set_write_timeout(Some(timeout)))
                .map_err(|_| Fault::Disconnected)?;
            self.timeout = timeout;
        }
        Ok(())
    }

    /// Sends what is packed and reads so many answers.
    fn answers(
        &mut self,
        count: usize,
        usual: Duration,
        end: Instant,
        mut told: impl FnMut(usize, Result<Value, Fault>),
    ) -> Result<(), Fault> {
        let remaining = |end: Instant| end.saturating_duration_since(Instant::now());
        // Setting it costs a system call: not for a little less.
        let tight = |left: Duration| left < usual - usual / 8;
        let left = remaining(end);
        self.wait_at_most(if tight(left) { left } else { usual })?;
        let failed = |error: redis::RedisError| match fault::of_error(&error) {
            Fault::Timeout => Fault::Timeout,
            _ => Fault::Disconnected,
        };
        self.connection.send_packed_command(&self.packed).map_err(failed)?;
        let mut at = 0;
        while at < count {
            let left = remaining(end);
            if left.is_zero() {
                return Err(Fault::Timeout);
            }
            if tight(left) {
                self.wait_at_most(left)?;
            }
            match self.connection.recv_response().map_err(failed)? {
                Value::Push { .. } => {}
                value => {
                    told(at, Ok(value));
                    at += 1;
                }
            }
        }
        Ok(())
    }
}

impl Carries for Wire {
    fn exchange(
        &mut self,
        calls: &[&Call],
        usual: Duration,
        end: Instant,
        mut told: impl FnMut(usize, Outcome),
    ) -> Result<(), Fault> {
        self.packed.clear();
        calls.iter().for_each(|call| call.pack(true, &mut self.packed));
        let mut unknown = Vec::new();
        self.answers(calls.len(), usual, end, |at, outcome| match outcome {
            Ok(Value::ServerError(error)) if fault::is_unknown_script(&error) => unknown.push(at),
            outcome => told(at, numbers(outcome)),
        })?;
        if unknown.is_empty() {
            return Ok(());
        }
        // Not run for sure, so asking again takes nothing twice. The text itself, for a script that was loaded can
        // be unloaded again before it is called.
        self.packed.clear();
        unknown.iter().for_each(|&at| calls[at].pack(false, &mut self.packed));
        self.answers(unknown.len(), usual, end, |at, outcome| told(unknown[at], numbers(outcome)))
    }
}

fn numbers(answer: Result<Value, Fault>) -> Outcome {
    match answer? {
        Value::Array(values) => values
            .into_iter()
            .map(|value| match value {
                Value::Int(number) => Ok(number),
                _ => Err(Fault::Call),
            })
            .collect(),
        Value::ServerError(error) => Err(fault::of_server(&error)),
        _ => Err(Fault::Call),
    }
}
