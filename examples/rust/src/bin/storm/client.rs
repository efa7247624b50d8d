//! The callers: an open load on both services, one of them behind a breaker.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::{StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use resil_core::sre_breaker::RunError;
use resil_core::{Draw, SreBreaker};
use tokio::runtime;
use tokio::time::{sleep_until, timeout};

use crate::plan::Plan;
use crate::records::{Outcome, Ratio, Record};

/// A breaker's chances, from the seed.
pub struct SeededDraw(Mutex<fastrand::Rng>);

impl SeededDraw {
    pub fn new(random: fastrand::Rng) -> Self {
        Self(Mutex::new(random))
    }
}

impl Draw for SeededDraw {
    fn draw(&self) -> f64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).f64()
    }
}

/// Callers of one service.
pub struct Lane {
    service: SocketAddr,
    timeout: Duration,
    breaker: Option<SreBreaker>,
    http: Client<HttpConnector, Empty<Bytes>>,
}

/// Why a call that was made is of no use to its caller.
enum Failure {
    /// An answer other than 200, or a broken connection.
    Failed,
    TimedOut,
}

impl Lane {
    pub fn bare(service: SocketAddr, timeout: Duration) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let http = Client::builder(TokioExecutor::new()).build(connector);
        Self { service, timeout, breaker: None, http }
    }

    pub fn guarded(service: SocketAddr, timeout: Duration, breaker: SreBreaker) -> Self {
        Self { breaker: Some(breaker), ..Self::bare(service, timeout) }
    }

    /// Makes a call, if the breaker lets it.
    async fn call(&self, number: usize) -> Outcome {
        let called = match &self.breaker {
            None => self.get(number).await.map_err(RunError::Failed),
            Some(breaker) => breaker.run_async(|| self.get(number)).await,
        };
        match called {
            Ok(()) => Outcome::Good,
            Err(RunError::Rejected(_)) => Outcome::Refused,
            Err(RunError::Failed(Failure::TimedOut)) => Outcome::TimedOut,
            Err(RunError::Failed(Failure::Failed)) => Outcome::Failed,
        }
    }

    async fn get(&self, number: usize) -> Result<(), Failure> {
        let uri = Uri::try_from(format!("http://{}/{number}", self.service)).expect("it is one");
        match timeout(self.timeout, self.http.get(uri)).await {
            Err(_elapsed) => Err(Failure::TimedOut),
            Ok(Ok(response)) if response.status() == StatusCode::OK => Ok(()),
            Ok(_) => Err(Failure::Failed),
        }
    }

    fn drop_ratio(&self) -> f64 {
        self.breaker.as_ref().map_or(0.0, |breaker| breaker.snapshot().drop_ratio)
    }
}

/// Makes every call of the plan in both lanes; returns what became of them, and the second lane's drop ratio,
/// looked at once per `every`.
pub fn storm(
    plan: &Plan,
    lanes: [Lane; 2],
    every: Duration,
) -> io::Result<([Vec<Record>; 2], Vec<Ratio>)> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let lanes = lanes.map(Arc::new);
    let script = plan.script;
    runtime.block_on(async {
        let watched = Arc::clone(&lanes[1]);
        let ratios = tokio::spawn(async move {
            let mut seen = Vec::new();
            let mut at = Duration::ZERO;
            while at < script.length() {
                sleep_until((script.start + at).into()).await;
                let at_s = script.start.elapsed().as_secs_f64();
                seen.push(Ratio { at_s, drop_ratio: watched.drop_ratio() });
                at += every;
            }
            seen
        });

        let mut pending = [Vec::new(), Vec::new()];
        for (number, call) in plan.calls.iter().enumerate() {
            let meant = script.start + call.at;
            sleep_until(meant.into()).await;
            // In turn first, so that neither is always the later one.
            for which in [number % 2, (number + 1) % 2] {
                let (lane, at_s) = (Arc::clone(&lanes[which]), call.at.as_secs_f64());
                pending[which].push(tokio::spawn(async move {
                    let late_ms = milliseconds_since(meant);
                    let outcome = lane.call(number).await;
                    Record { at_s, outcome, seen_ms: milliseconds_since(meant), late_ms }
                }));
            }
        }

        let mut calls = [Vec::new(), Vec::new()];
        for (calls, pending) in calls.iter_mut().zip(pending) {
            for call in pending {
                calls.push(call.await.expect("no call panics"));
            }
        }
        Ok((calls, ratios.await.expect("looking does not panic")))
    })
}

fn milliseconds_since(instant: Instant) -> f64 {
    instant.elapsed().as_secs_f64() * 1e3
}
