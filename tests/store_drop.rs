//! The thread of a store ends with the last handle, whoever drops that and whatever the server does. In a file of its
//! own: it counts the threads of the process.

use std::fs;
use std::future::Future;
use std::net::TcpListener;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

use resil_core::Quota;
use resil_redis::{Options, Store, TokenBucket};
use resil_tests::redis_server::{RedisServer, free_port};
use resil_tests::store_load::PATIENCE;

/// How many threads this process has.
fn threads() -> usize {
    /// Linux's mark of a task that is done with everything but being taken off the list.
    const EXITING: u32 = 4;
    let tasks = fs::read_dir("/proc/self/task").expect("Linux tells of threads");
    let goes_on = |task: &fs::DirEntry| {
        // One that went meanwhile has no file any more.
        let Ok(stat) = fs::read_to_string(task.path().join("stat")) else { return false };
        let (_, numbers) = stat.rsplit_once(") ").expect("a name in parentheses");
        let flags: u32 = numbers.split(' ').nth(6).unwrap().parse().unwrap();
        flags & EXITING == 0
    };
    tasks.map(Result::unwrap).filter(goes_on).count()
}

fn bucket(store: &Store) -> TokenBucket {
    TokenBucket::new(store, "threads", Quota::per_second(10).unwrap()).unwrap()
}

fn until(mut condition: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !condition() {
        assert!(begin.elapsed() < PATIENCE, "never");
        thread::sleep(Duration::from_millis(1));
    }
}

/// A task that is gone when it is woken, with all that it holds.
struct Task {
    future: Mutex<Option<Pin<Box<dyn Future<Output = bool> + Send>>>>,
    is_gone: Mutex<bool>,
    gone: Condvar,
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        drop(self.future.lock().unwrap().take());
        *self.is_gone.lock().unwrap() = true;
        self.gone.notify_one();
    }
}

// One test: all of them would count each other's threads.
#[test]
fn a_store_leaves_no_thread_behind() {
    // The test's own, and the runner's if that has one.
    let own = threads();
    let threads = || threads() - own;

    // Nobody answers.
    let store = Store::open(&format!("redis://127.0.0.1:{}/", free_port())).unwrap();
    assert_eq!(threads(), 1);
    drop(store);
    assert_eq!(threads(), 0);

    let Some(server) = RedisServer::start("the end of a store") else { return };
    // A limiter and a clone hold it, too.
    let store = Store::open(&server.url()).unwrap();
    let (clone, bucket_of_it) = (store.clone(), bucket(&store));
    assert!(clone.wait_until_up(PATIENCE));
    drop((store, clone));
    assert!(bucket_of_it.try_acquire("s", 1).is_granted());
    assert_eq!(threads(), 1);
    drop(bucket_of_it);
    assert_eq!(threads(), 0);

    // The store's own thread drops the last handle.
    let options = Options::default().with_deadline(PATIENCE);
    let store = Store::open_with(&server.url(), options).unwrap();
    assert!(store.wait_until_up(PATIENCE));
    let limit = bucket(&store);
    drop(store);
    let future = Box::pin(async move { limit.try_acquire_async("s", 1).await.is_granted() });
    let task = Arc::new(Task {
        future: Mutex::new(Some(future)),
        is_gone: Mutex::new(false),
        gone: Condvar::new(),
    });
    let waker = Waker::from(Arc::clone(&task));
    // While the server hangs, nobody wakes it: it is asked once, and waits.
    server.stop();
    let mut future = task.future.lock().unwrap().take().unwrap();
    assert!(future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    *task.future.lock().unwrap() = Some(future);
    server.go_on();
    let mut is_gone = task.is_gone.lock().unwrap();
    while !*is_gone {
        is_gone = task.gone.wait(is_gone).unwrap();
    }
    drop(is_gone);
    until(|| threads() == 0);

    // Who cancels and goes at once has cancelled.
    let store =
        Store::open_with(&server.url(), Options::default().with_deadline(PATIENCE)).unwrap();
    assert!(store.wait_until_up(PATIENCE));
    let limit = TokenBucket::new(&store, "cancelled", Quota::per_minute(2).unwrap()).unwrap();
    assert!(limit.try_acquire("s", 2).is_granted());
    drop(store);
    let (sleeps, slept) = (Arc::new(AtomicBool::new(false)), Waker::noop());
    let begun = Arc::clone(&sleeps);
    let mut future = Box::pin(async move {
        let sleep = |_| {
            begun.store(true, Ordering::Relaxed);
            std::future::pending::<()>()
        };
        format!("{:?}", limit.acquire_async("s", 1, None, sleep).await)
    });
    until(|| {
        assert_eq!(future.as_mut().poll(&mut Context::from_waker(slept)), Poll::Pending);
        sleeps.load(Ordering::Relaxed)
    });
    drop(future);
    assert_eq!(threads(), 0);
    let store =
        Store::open_with(&server.url(), Options::default().with_deadline(PATIENCE)).unwrap();
    assert!(store.wait_until_up(PATIENCE));
    let limit = TokenBucket::new(&store, "cancelled", Quota::per_minute(2).unwrap()).unwrap();
    let left = limit.peek("s", 1).result.unwrap().reset_after;
    assert!(left <= Duration::from_secs(60), "it was not given back: {left:?}");
    drop((limit, store));
    assert_eq!(threads(), 0);

    // A thread that is greeting a server that does not answer is not waited for so long.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let options = Options::default().with_connect_timeout(Duration::from_secs(3_600));
    let url = format!("redis://{}/", silent.local_addr().unwrap());
    let store = Store::open_with(&url, options).unwrap();
    let (greeted, _) = silent.accept().unwrap();
    drop(store);
    assert_eq!(threads(), 1);
    drop((greeted, silent));
    until(|| threads() == 0);
}
