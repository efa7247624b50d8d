//! How a store's threads wake an event loop: by a byte in a socket that the loop watches.
//!
//! A thread that told an event loop by Python would have to wait for the interpreter, and everybody's answers with it.
//! Invariant: while a call is told and not drained, there is a byte to read.

use std::io::{ErrorKind, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};

use pyo3::prelude::*;

#[derive(Debug)]
struct Told {
    /// The calls that have come to an answer since the last draining.
    calls: Mutex<Vec<u64>>,
    write: UnixStream,
}

impl Told {
    fn calls(&self) -> MutexGuard<'_, Vec<u64>> {
        // Nothing panics while it is locked.
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One call of an event loop.
#[derive(Debug)]
struct Call {
    number: u64,
    told: Arc<Told>,
}

impl Wake for Call {
    fn wake(self: Arc<Self>) {
        let first = {
            let mut calls = self.told.calls();
            calls.push(self.number);
            calls.len() == 1
        };
        if first {
            // Full, there are bytes enough; closed, the loop is gone.
            let _ = (&self.told.write).write(&[1]);
        }
    }
}

/// What wakes one event loop.
#[pyclass(frozen, module = "resil._resil")]
#[derive(Debug)]
pub(crate) struct _StoreWakes {
    told: Arc<Told>,
    read: UnixStream,
}

impl _StoreWakes {
    pub(crate) fn waker(&self, call: u64) -> Waker {
        Waker::from(Arc::new(Call { number: call, told: Arc::clone(&self.told) }))
    }
}

#[pymethods]
impl _StoreWakes {
    #[new]
    fn new() -> PyResult<Self> {
        let (read, write) = UnixStream::pair()?;
        read.set_nonblocking(true)?;
        write.set_nonblocking(true)?;
        Ok(Self { told: Arc::new(Told { calls: Mutex::default(), write }), read })
    }

    /// What the event loop watches for reading.
    fn fileno(&self) -> i32 {
        self.read.as_raw_fd()
    }

    /// The numbers of the calls that have come to an answer since the last time.
    fn drain(&self) -> PyResult<Vec<u64>> {
        let mut bytes = [0; 64];
        loop {
            match (&self.read).read(&mut bytes) {
                Ok(64) => {}
                Ok(_) => break,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        // After the bytes: what is told in between leaves a byte for another, idle draining.
        Ok(std::mem::take(&mut self.told.calls()))
    }
}
