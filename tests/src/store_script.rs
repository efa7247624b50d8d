//! A script of this library, called on a real server as a client would: the text once, then its digest.

use redis::{Connection, Script};
use resil_core::remote::arguments::Arguments;

use crate::redis_server::RedisServer;

/// A connection that runs scripts.
pub struct Scripts {
    connection: Connection,
}

impl std::fmt::Debug for Scripts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scripts").finish_non_exhaustive()
    }
}

impl Scripts {
    /// A connection to the server.
    ///
    /// # Panics
    /// Where it does not connect.
    #[must_use]
    pub fn new(server: &RedisServer) -> Self {
        let client = redis::Client::open(server.url()).expect("the URL is one");
        Self { connection: client.get_connection().expect("the server is up") }
    }

    /// Runs `text`.
    ///
    /// # Panics
    /// Where the server answers with an error, or with anything but numbers.
    pub fn run(&mut self, text: &'static str, keys: &[&str], arguments: &Arguments) -> Vec<i64> {
        let script = Script::new(text);
        let mut call = script.prepare_invoke();
        for key in keys {
            call.key(*key);
        }
        for argument in arguments.iter() {
            call.arg(argument);
        }
        call.invoke(&mut self.connection).unwrap_or_else(|error| panic!("{arguments:?}: {error}"))
    }

    /// Runs `text` once for each of the keys and arguments, in order, all sent before the first answer is read.
    ///
    /// # Panics
    /// As [`run`](Self::run).
    pub fn run_all(
        &mut self,
        text: &'static str,
        calls: &[(Vec<&str>, Arguments)],
    ) -> Vec<Vec<i64>> {
        let sha1 = Script::new(text).get_hash().to_owned();
        let mut all = redis::pipe();
        all.cmd("SCRIPT").arg("LOAD").arg(text).ignore();
        for (keys, arguments) in calls {
            let call = all.cmd("EVALSHA").arg(&sha1).arg(keys.len()).arg(keys);
            for argument in arguments.iter() {
                call.arg(argument);
            }
        }
        all.query(&mut self.connection).unwrap_or_else(|error| panic!("{calls:?}: {error}"))
    }

    /// As a client of the caller's own does it: by the digest, and with the text where the server does not know it.
    ///
    /// # Panics
    /// As [`run`](Self::run).
    pub fn evaluate<'a>(
        &mut self,
        text: &str,
        sha1: &str,
        keys: &[&str],
        arguments: impl Iterator<Item = &'a str> + Clone,
    ) -> Vec<i64> {
        let mut call = |command, script| -> redis::RedisResult<Vec<i64>> {
            let mut call = redis::cmd(command);
            call.arg(script).arg(keys.len()).arg(keys);
            for argument in arguments.clone() {
                call.arg(argument);
            }
            call.query(&mut self.connection)
        };
        let answered = match call("EVALSHA", sha1) {
            Err(error) if error.code() == Some("NOSCRIPT") => call("EVAL", text),
            answered => answered,
        };
        answered.unwrap_or_else(|error| panic!("{keys:?}: {error}"))
    }

    /// Carries out a command for its effect.
    ///
    /// # Panics
    /// Where the server answers with an error.
    pub fn command(&mut self, words: &[&str]) {
        let mut command = redis::cmd(words[0]);
        for word in &words[1..] {
            command.arg(word);
        }
        command.exec(&mut self.connection).unwrap_or_else(|error| panic!("{words:?}: {error}"));
    }
}
