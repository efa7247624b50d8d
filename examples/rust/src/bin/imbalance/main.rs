//! Measures how evenly a hash ring spreads keys, by number of nodes and of points a node.
//!
//! Prints the table of docs/hash_ring.md; `--json` also writes every node's share, for the picture. Nothing is
//! drawn at random: two runs print the same.
//!
//! ```text
//! cargo run --release -p resil-examples --bin imbalance -- --json imbalance.json
//! ```

use std::fs::File;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use resil_core::HashRing;
use resil_core::hash_ring::ConfigError;
use resil_core::pure::hash_ring::Layout;
use serde::Serialize;

/// What is measured: points a node, and nodes in a ring.
const VIRTUAL_NODES: [u32; 4] = [40, 100, 160, 400];
const NODES: [usize; 3] = [10, 100, 1_000];
/// Nodes that are measured for one line of the table: so many rings that they hold as many together.
const MEASURED: usize = 1_000;
const KEYS_PER_NODE: usize = 1_000;
const CIRCLE: u64 = 1 << 32;

/// Measures how evenly a hash ring spreads keys.
#[derive(Parser)]
#[command(name = "imbalance")]
struct Arguments {
    /// Where to write every node's share
    #[arg(long)]
    json: Option<PathBuf>,
}

/// One line of the table.
#[derive(Serialize)]
struct Cell {
    virtual_nodes: u32,
    nodes: usize,
    /// What each node has of the circle's 2^32 positions, ring after ring.
    arcs: Vec<u64>,
    /// How many of the keys each node got.
    keys: Vec<u64>,
    share: Spread,
    key: Spread,
}

/// Loads, 1 being the average.
#[derive(Serialize)]
struct Spread {
    deviation: f64,
    /// The greatest load of a ring, averaged over the rings.
    peak: f64,
    worst: f64,
}

impl Spread {
    fn of(counts: &[u64], average: f64, nodes: usize) -> Self {
        let loads: Vec<_> = counts.iter().map(|&count| count as f64 / average).collect();
        let squares: f64 = loads.iter().map(|load| (load - 1.0) * (load - 1.0)).sum();
        let peaks: Vec<_> =
            loads.chunks(nodes).map(|ring| ring.iter().copied().fold(0.0, f64::max)).collect();
        Self {
            deviation: (squares / loads.len() as f64).sqrt(),
            peak: peaks.iter().sum::<f64>() / peaks.len() as f64,
            worst: peaks.into_iter().fold(0.0, f64::max),
        }
    }
}

/// An address that no other node of any ring has.
fn address(ring: usize, node: usize) -> String {
    format!("10.{ring}.{}.{}:6379", node / 250, node % 250)
}

/// A ring, and which node is in which slot.
struct Measured {
    ring: HashRing,
    names: Vec<String>,
    node_in: Vec<usize>,
}

impl Measured {
    fn new(number: usize, nodes: usize, virtual_nodes: u32) -> Result<Self, ConfigError> {
        let ring = HashRing::with_virtual_nodes(virtual_nodes)?;
        let names: Vec<_> = (0..nodes).map(|node| address(number, node)).collect();
        let mut node_in = vec![0; nodes];
        for (node, name) in names.iter().enumerate() {
            node_in[ring.insert(name, 1)?.id().slot()] = node;
        }
        Ok(Self { ring, names, node_in })
    }

    fn owner(&self, key: impl AsRef<[u8]>) -> usize {
        self.node_in[self.ring.lookup(key).expect("the ring has points").slot()]
    }
}

/// How much of the circle belongs to each node: the layout says where the points are, the ring whose they are.
fn arcs(measured: &Measured, virtual_nodes: u32) -> Result<Vec<u64>, ConfigError> {
    let layout = Layout::own(virtual_nodes)?;
    let mut points = Vec::new();
    for name in &measured.names {
        let length = (name.len() as u32).to_le_bytes();
        let positions = layout.positions(name.as_bytes(), virtual_nodes.into());
        for (index, position) in (0_u32..).zip(positions) {
            // What the point is the hash of is a key that lies right on it.
            let key = [&length, name.as_bytes(), &index.to_le_bytes()].concat();
            points.push((position >> 32, measured.owner(&key)));
        }
    }
    points.sort_unstable();
    points.dedup();
    let mut arcs = vec![0; measured.names.len()];
    // The first point also has what lies behind the last.
    let mut before = points[points.len() - 1].0 as i64 - CIRCLE as i64;
    for (position, owner) in points {
        arcs[owner] += (position as i64 - before) as u64;
        before = position as i64;
    }
    assert_eq!(arcs.iter().sum::<u64>(), CIRCLE);
    Ok(arcs)
}

fn measure(nodes: usize, virtual_nodes: u32) -> Result<Cell, ConfigError> {
    let (mut all_arcs, mut all_keys) = (Vec::new(), Vec::new());
    for number in 0..MEASURED / nodes {
        let measured = Measured::new(number, nodes, virtual_nodes)?;
        all_arcs.extend(arcs(&measured, virtual_nodes)?);
        let mut keys = vec![0; nodes];
        for key in 0..nodes * KEYS_PER_NODE {
            keys[measured.owner(format!("user:{key}"))] += 1;
        }
        all_keys.extend(keys);
    }
    let share = Spread::of(&all_arcs, CIRCLE as f64 / nodes as f64, nodes);
    let key = Spread::of(&all_keys, KEYS_PER_NODE as f64, nodes);
    Ok(Cell { virtual_nodes, nodes, arcs: all_arcs, keys: all_keys, share, key })
}

fn print(cells: &[Cell]) {
    println!("| points a node | nodes | deviation | peak | worst | deviation, keys | peak, keys |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for cell in cells {
        let Cell { virtual_nodes, nodes, share, key, .. } = cell;
        println!(
            "| {virtual_nodes} | {nodes} | {:.1} % | {:.2} | {:.2} | {:.1} % | {:.2} |",
            100.0 * share.deviation,
            share.peak,
            share.worst,
            100.0 * key.deviation,
            key.peak
        );
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let mut cells = Vec::new();
    for virtual_nodes in VIRTUAL_NODES {
        for nodes in NODES {
            cells.push(measure(nodes, virtual_nodes)?);
        }
    }
    print(&cells);
    if let Some(path) = &arguments.json {
        let file = File::create(path).map_err(|error| format!("{}: {error}", path.display()))?;
        serde_json::to_writer(file, &cells)?;
    }
    Ok(())
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("imbalance: {error}");
            ExitCode::from(2)
        }
    }
}
