//! A service with a few workers and a queue, which falls ill as its script says.
//!
//! As in a thread pool, a call that has its place is worked on in its turn, whether or not its caller still
//! waits: that is how calls sent to a sick service make it sicker.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::runtime;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep;

use crate::plan::{Call, Plan};

/// Calls worked on at the same time: 400 a second while each takes 20 ms.
pub const WORKERS: usize = 8;
/// Calls that wait for a worker; the next one is answered 503 at once.
pub const QUEUE: usize = 400;

struct Service {
    plan: Arc<Plan>,
    /// Workers and queue: what is taken from arrival to answer.
    places: Arc<Semaphore>,
    /// First come, first served.
    workers: Semaphore,
}

/// Starts a service on a thread and a port of its own; it runs until the process ends.
pub fn start(plan: &Arc<Plan>) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let service = Arc::new(Service {
        plan: Arc::clone(plan),
        places: Arc::new(Semaphore::new(WORKERS + QUEUE)),
        workers: Semaphore::new(WORKERS),
    });
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    thread::Builder::new().name("service".to_owned()).spawn(move || {
        runtime.block_on(serve(listener, service)).expect("the runtime takes the listener")
    })?;
    Ok(address)
}

async fn serve(listener: TcpListener, service: Arc<Service>) -> io::Result<Infallible> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // The caller is gone already, or there are too many sockets: later there may be fewer.
            sleep(Duration::from_millis(10)).await;
            continue;
        };
        // Without it the answers come a little later, nothing worse.
        let _ = stream.set_nodelay(true);
        let service = Arc::clone(&service);
        tokio::spawn(async move {
            let answer = service_fn(move |request| Arc::clone(&service).answer(request));
            // An error here is a caller that hung up, which is what callers do in a storm.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
        });
    }
}

impl Service {
    /// Answers `GET /<number of the call>`.
    async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<Response<Empty<Bytes>>, Infallible> {
        let number = request.uri().path().trim_start_matches('/').parse::<usize>();
        let call = number.ok().and_then(|number| self.plan.calls.get(number).copied());
        let place = Arc::clone(&self.places).try_acquire_owned();
        let status = match (call, place) {
            (None, _) => StatusCode::NOT_FOUND,
            (_, Err(_full)) => StatusCode::SERVICE_UNAVAILABLE,
            (Some(call), Ok(place)) => {
                // A task of its own, so that the work outlives a caller who hangs up.
                let work = tokio::spawn(self.work(call, place));
                work.await.expect("work does not panic")
            }
        };
        let mut response = Response::new(Empty::new());
        *response.status_mut() = status;
        Ok(response)
    }

    /// Waits for a worker and keeps it for the time that the call takes now.
    async fn work(self: Arc<Self>, call: Call, _place: OwnedSemaphorePermit) -> StatusCode {
        let _worker = self.workers.acquire().await.expect("nobody closes it");
        let phase = self.plan.script.phase_now();
        sleep(phase.work().mul_f64(call.effort)).await;
        let failed = call.luck < phase.failing();
        if failed { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK }
    }
}
