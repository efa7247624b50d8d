//! A real Redis or Valkey server for one test: on a free port, in a folder of its own, ended by its process id.
//!
//! Tests that find none say so on stderr, loudly, and pass: `RESIL_REDIS_SERVER` names another program,
//! `REQUIRE_REDIS=1` makes its absence a failure.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write, stderr};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// How long a server may take to answer its first PING, and a command.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server that runs.
#[derive(Debug)]
pub struct RedisServer {
    program: PathBuf,
    folder: PathBuf,
    port: u16,
    options: Vec<String>,
    child: Child,
}

/// The program, if there is one; else says what is skipped.
#[must_use]
pub fn program(skipped: &str) -> Option<PathBuf> {
    let named = env::var_os("RESIL_REDIS_SERVER");
    let candidates = match &named {
        Some(named) => vec![named.clone()],
        None => vec!["redis-server".into(), "valkey-server".into()],
    };
    let runs = |program: &std::ffi::OsString| {
        let mut version = Command::new(program);
        version.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
        version.status().is_ok_and(|status| status.success())
    };
    if let Some(found) = candidates.into_iter().find(runs) {
        return Some(found.into());
    }
    assert!(
        env::var_os("REQUIRE_REDIS").is_none(),
        "REQUIRE_REDIS is set, and there is no redis-server"
    );
    // Not `eprintln!`: the test runner would keep it to itself.
    let _ = writeln!(
        stderr(),
        "\n*** SKIPPED: no redis-server here: {skipped} was not tested (apt-get install redis-server) ***\n"
    );
    None
}

impl RedisServer {
    /// A server that keeps nothing on disk, or `None` where there is no program; `skipped` is what then is not
    /// tested.
    #[must_use]
    pub fn start(skipped: &str) -> Option<Self> {
        Self::start_with(skipped, &[])
    }

    /// As [`start`](Self::start), with more options.
    ///
    /// # Panics
    /// Where the program is there and does not start.
    #[must_use]
    pub fn start_with(skipped: &str, options: &[&str]) -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let program = program(skipped)?;
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("resil-redis-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder for the server");
        let options: Vec<_> = options.iter().map(|&option| option.to_owned()).collect();
        // Somebody may take the port in between: then another one.
        for _ in 0..20 {
            let port = free_port();
            let mut child = spawn(&program, &folder, port, &options);
            if answers(port, &mut child) {
                return Some(Self { program, folder, port, options, child });
            }
        }
        panic!("{} does not start: {}", program.display(), log(&folder));
    }

    /// Its address as a URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// Its port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Ends it as `kill -9` does.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts it again on its port, after [`kill`](Self::kill).
    ///
    /// # Panics
    /// Where it does not start.
    pub fn restart(&mut self) {
        self.child = spawn(&self.program, &self.folder, self.port, &self.options);
        assert!(answers(self.port, &mut self.child), "no restart: {}", log(&self.folder));
    }

    /// Stops all of it, as a hung machine does.
    pub fn stop(&self) {
        self.signal("-STOP");
    }

    /// Lets it go on.
    pub fn go_on(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([signal, &self.pid().to_string()]).status();
        assert!(status.is_ok_and(|status| status.success()), "kill {signal}");
    }

    /// Has it carry out a command, on a connection of its own; the answer as the protocol writes it.
    ///
    /// # Panics
    /// Where it does not answer.
    pub fn command(&self, words: &[&str]) -> String {
        command(self.port, words).unwrap_or_else(|error| panic!("{words:?}: {error}"))
    }

    /// How often it has run scripts, by either command, also in vain; since it started.
    #[must_use]
    pub fn scripts_run(&self) -> u64 {
        let stats = self.command(&["INFO", "commandstats"]);
        let calls = |line: &str| -> Option<u64> {
            let (name, rest) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
            ["eval", "evalsha"].contains(&name).then(|| rest.split(',').next()?.parse().ok())?
        };
        stats.lines().filter_map(calls).sum()
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        // A stopped process is ended all the same.
        self.kill();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A port that nobody listens on.
///
/// # Panics
/// Where the machine has none.
#[must_use]
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a free port").port()
}

fn spawn(program: &Path, folder: &Path, port: u16, options: &[String]) -> Child {
    let mut command = Command::new(program);
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--daemonize", "no"]);
    command.args(["--save", "", "--appendonly", "no", "--dir"]).arg(folder);
    command.arg("--logfile").arg(folder.join("log")).args(options);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("the server's program starts")
}

fn answers(port: u16, child: &mut Child) -> bool {
    let begin = Instant::now();
    while begin.elapsed() < PATIENCE {
        if child.try_wait().is_ok_and(|ended| ended.is_some()) {
            return false;
        }
        // One that wants a password answers too.
        if command(port, &["PING"])
            .is_ok_and(|answer| answer == "PONG" || answer.contains("NOAUTH"))
        {
            return true;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let _ = child.kill();
    false
}

fn log(folder: &Path) -> String {
    fs::read_to_string(folder.join("log")).unwrap_or_default()
}

fn command(port: u16, words: &[&str]) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut text = format!("*{}\r\n", words.len());
    for word in words {
        text += &format!("${}\r\n{word}\r\n", word.len());
    }
    stream.write_all(text.as_bytes())?;
    let mut answer = BufReader::new(stream);
    let mut line = String::new();
    answer.read_line(&mut line)?;
    let line = line.trim_end();
    if let Some(length) = line.strip_prefix('$').and_then(|length| length.parse::<usize>().ok()) {
        let mut body = vec![0; length];
        answer.read_exact(&mut body)?;
        return Ok(String::from_utf8_lossy(&body).into_owned());
    }
    match line.is_char_boundary(1) && !line.is_empty() {
        true if !line.starts_with('-') => Ok(line[1..].to_owned()),
        true => Ok(line.to_owned()),
        false => Err(std::io::ErrorKind::UnexpectedEof.into()),
    }
}
