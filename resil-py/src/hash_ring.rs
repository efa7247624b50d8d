//! `resil.HashRing`: which node a key belongs to, answered with the very object that was inserted.
//!
//! Beside the core's ring stands a table of its nodes' objects by slot. Updates keep the interpreter attached from
//! the core's change to the table's, so no other thread sees one without the other; the table is locked for a copy
//! of a pointer at most, and nothing is dropped meanwhile. The garbage collector sees the objects: a subclass of
//! `str` may hold anything.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use pyo3::PyTraverseError;
use pyo3::exceptions::PyTypeError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyIterator, PyMapping, PyString};
use resil_core::hash_ring::{Inserted, Mode, NodeId};

use crate::hash_ring_snapshot::HashRingSnapshot;
use crate::{count, errors, members, number};

/// Which node a key belongs to, so that a node that comes or goes moves few keys.
///
/// ``HashRing(nodes=None, *, virtual_nodes=None, mode=None)``: ``nodes`` are str or bytes, as a mapping to their
/// weights or an iterable of nodes of whole weight. ``virtual_nodes``, 160 unless told, are a node's points on
/// the ring for each unit of its weight. ``mode`` places keys as another library does, byte for byte; it has
/// virtual nodes of its own.
///
/// A str is its UTF-8 bytes, so "a" and b"a" are one node. Equal rings place every key alike, made in whatever
/// order, in every process and language: the default layout is a contract. At most 65 535 nodes, weights of 0 to
/// 65 535, 2**24 points in all.
///
/// Threads and tasks share it; a lookup never waits. An update keeps the interpreter, for some milliseconds where
/// there are 100 000 points. A forked child has a copy of its own.
///
/// >>> from resil import HashRing
/// >>> ring = HashRing({"cache-1": 1, "cache-2": 1, "cache-3": 2})
/// >>> ring.lookup("user:42")
/// 'cache-1'
/// >>> ring.lookup_n("user:42", 2)
/// ['cache-1', 'cache-2']
/// >>> ring.remove("cache-2")
/// True
/// >>> ring.lookup("user:42")
/// 'cache-1'
#[pyclass(frozen, subclass, weakref, generic, module = "resil")]
#[derive(Debug)]
pub(crate) struct HashRing {
    ring: Arc<resil_core::HashRing>,
    objects: Mutex<Objects>,
}

/// By slot: whose it is, and what was inserted.
type Objects = Vec<Option<(NodeId, Py<PyAny>)>>;

/// The bytes of a node or key.
#[inline]
fn bytes<'a>(name: &str, value: &'a Bound<'_, PyAny>) -> PyResult<&'a [u8]> {
    if let Ok(text) = value.cast::<PyString>() {
        let utf8 = text.to_str().map(str::as_bytes);
        return utf8.map_err(|_| {
            errors::config(format_args!(
                "{name} must be text that UTF-8 has, without lone surrogates"
            ))
        });
    }
    match value.cast::<PyBytes>() {
        Ok(bytes) => Ok(bytes.as_bytes()),
        Err(_) => Err(errors::wrong_type(name, "a str or bytes", value)),
    }
}

impl HashRing {
    fn objects(&self) -> MutexGuard<'_, Objects> {
        // Nothing panics while it is held.
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The object of a node, while it is in the ring.
    #[inline]
    fn object<'py>(&self, py: Python<'py>, id: NodeId) -> Option<Bound<'py, PyAny>> {
        match self.objects().get(id.slot()) {
            Some(Some((known, object))) if *known == id => Some(object.bind(py).clone()),
            _ => None,
        }
    }

    fn id_of(&self, node: &Bound<'_, PyAny>) -> PyResult<Option<NodeId>> {
        Ok(self.ring.id_of(bytes("node", node)?))
    }

    /// A node with nothing said of its weight: whole, which is 100 where weights are percentages.
    fn whole(&self) -> u32 {
        if self.ring.snapshot().mode == Some(Mode::GoZero) { 100 } else { 1 }
    }

    fn put(&self, node: &Bound<'_, PyAny>, weight: u32) -> PyResult<bool> {
        let inserted = match self.ring.insert(bytes("node", node)?, weight) {
            Ok(inserted) => inserted,
            Err(error) => {
                // Of many nodes, which it was.
                let node = node.repr()?;
                return Err(errors::config(format_args!("{error} (node {node}, weight {weight})")));
            }
        };
        let Inserted::New(id) = inserted else { return Ok(false) };
        let object = node.clone().unbind();
        let mut objects = self.objects();
        if objects.len() <= id.slot() {
            objects.resize_with(id.slot() + 1, || None);
        }
        // A removal left nothing there.
        objects[id.slot()] = Some((id, object));
        Ok(true)
    }

    fn put_all(&self, nodes: &Bound<'_, PyAny>) -> PyResult<()> {
        if nodes.is_instance_of::<PyString>() || nodes.is_instance_of::<PyBytes>() {
            // Their items are no nodes that anybody means.
            return Err(errors::wrong_type("nodes", "a mapping or an iterable of nodes", nodes));
        }
        if let Ok(weights) = nodes.cast::<PyMapping>() {
            for item in weights.items()?.iter() {
                let (node, weight): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item.extract()?;
                self.put(&node, count::weight(&weight)?)?;
            }
            return Ok(());
        }
        let nodes = PyIterator::from_object(nodes).map_err(|error| {
            if error.is_instance_of::<PyTypeError>(nodes.py()) {
                errors::wrong_type("nodes", "a mapping or an iterable of nodes", nodes)
            } else {
                error
            }
        })?;
        let whole = self.whole();
        nodes.into_iter().try_for_each(|node| self.put(&node?, whole).map(drop))
    }
}

#[pymethods]
impl HashRing {
    #[new]
    #[pyo3(signature = (nodes=None, *, virtual_nodes=None, mode=None))]
    fn new(
        nodes: Option<&Bound<'_, PyAny>>,
        virtual_nodes: Option<&Bound<'_, PyAny>>,
        mode: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let ring = match (mode.map(members::hash_ring_mode).transpose()?, virtual_nodes) {
            (None, None) => resil_core::HashRing::new(),
            (None, Some(virtual_nodes)) => {
                resil_core::HashRing::with_virtual_nodes(count::virtual_nodes(virtual_nodes)?)
                    .map_err(errors::config)?
            }
            (Some(mode), None) => resil_core::HashRing::compatible(mode),
            (Some(_), Some(_)) => {
                return Err(errors::config("virtual_nodes must be None with a mode"));
            }
        };
        let made = Self { ring: Arc::new(ring), objects: Mutex::new(Vec::new()) };
        if let Some(nodes) = nodes {
            made.put_all(nodes)?;
        }
        Ok(made)
    }

    /// Adds a node, or gives it another weight; 0 keeps it without keys. Answers whether it is new.
    ///
    /// ``weight`` None is a whole node's: 1, or 100 in HashRingMode.GO_ZERO, where it is a percentage.
    #[pyo3(signature = (node, weight=None))]
    fn insert(&self, node: &Bound<'_, PyAny>, weight: Option<&Bound<'_, PyAny>>) -> PyResult<bool> {
        let weight = weight.map_or_else(|| Ok(self.whole()), count::weight)?;
        self.put(node, weight)
    }

    /// Takes a node out: its own keys move, and no others (HashRingMode.KETAMA excepted). Answers whether it was
    /// there.
    fn remove(&self, node: &Bound<'_, PyAny>) -> PyResult<bool> {
        let Some(id) = self.id_of(node)? else { return Ok(false) };
        let removed = self.ring.remove(bytes("node", node)?);
        let object = self.objects().get_mut(id.slot()).and_then(Option::take);
        // Not under the lock: it may run Python.
        drop(object);
        Ok(removed)
    }

    /// The node that a key, str or bytes, belongs to: the very object that was inserted. None if there is none.
    fn lookup<'py>(
        &self,
        py: Python<'py>,
        key: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(self.ring.lookup(bytes("key", key)?).and_then(|id| self.object(py, id)))
    }

    /// The first n distinct nodes from a key on: the one it belongs to, then each that it would belong to if those
    /// before were not there. All that have keys if they are fewer.
    fn lookup_n<'py>(
        &self,
        py: Python<'py>,
        key: &Bound<'py, PyAny>,
        #[pyo3(from_py_with = count::n)] n: u32,
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let ids = self.ring.lookup_n(bytes("key", key)?, n as usize);
        Ok(ids.into_iter().filter_map(|id| self.object(py, id)).collect())
    }

    /// The first node from a key on for which ``accepts(node)`` is true; None if it is for none.
    ///
    /// For bounded load (bounded_load_limit()), or for nodes that are ill. It may be asked again about a node when
    /// updates race, and must not update the ring. What it raises goes through.
    fn lookup_where<'py>(
        &self,
        py: Python<'py>,
        key: &Bound<'py, PyAny>,
        accepts: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let mut answer = Ok(None);
        self.ring.lookup_where(bytes("key", key)?, |id| {
            let Some(node) = self.object(py, id) else { return false };
            match accepts.call1((&node,)).and_then(|accepted| accepted.is_truthy()) {
                Ok(false) => false,
                Ok(true) => {
                    answer = Ok(Some(node));
                    true
                }
                Err(error) => {
                    answer = Err(error);
                    true
                }
            }
        });
        answer
    }

    /// The weight of a node; None if it is not in the ring.
    fn weight(&self, node: &Bound<'_, PyAny>) -> PyResult<Option<u32>> {
        Ok(self.id_of(node)?.and_then(|id| self.ring.node(id)).map(|node| node.weight))
    }

    /// All nodes with their weights, in order of insertion.
    fn nodes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let nodes = PyDict::new(py);
        for node in self.ring.nodes() {
            if let Some(object) = self.object(py, node.id) {
                nodes.set_item(object, node.weight)?;
            }
        }
        Ok(nodes)
    }

    /// What the ring holds just now, for monitoring.
    fn snapshot(&self) -> HashRingSnapshot {
        self.ring.snapshot().into()
    }

    /// How many requests a node may have in flight, the next one included, so that none is far above its share.
    ///
    /// This is (1 + epsilon) * ((in_flight + 1) * weight / total_weight), rounded up; in_flight are those of all
    /// nodes, without the next one.
    #[staticmethod]
    #[pyo3(signature = (in_flight, weight, total_weight, epsilon=None), text_signature = "(in_flight, weight, total_weight, epsilon=0.25)")]
    fn bounded_load_limit(
        #[pyo3(from_py_with = count::in_flight)] in_flight: u64,
        #[pyo3(from_py_with = count::weight)] weight: u32,
        #[pyo3(from_py_with = count::total_weight)] total_weight: u64,
        epsilon: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<u64> {
        let epsilon = epsilon.map_or(Ok(0.25), number::epsilon)?;
        resil_core::HashRing::bounded_load_limit(in_flight, weight, total_weight, epsilon)
            .map_err(errors::config)
    }

    fn __len__(&self) -> usize {
        self.ring.len()
    }

    fn __contains__(&self, node: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(self.id_of(node)?.is_some())
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        // Of a copy: the ring may change on the way.
        self.nodes(py)?.try_iter()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let seen = self.ring.snapshot();
        let nodes = self.nodes(py)?.repr()?;
        Ok(match seen.mode {
            None => format!("HashRing({nodes}, virtual_nodes={})", seen.virtual_nodes),
            Some(mode) => {
                format!("HashRing({nodes}, mode={})", members::hash_ring_mode_name(mode))
            }
        })
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // Whoever holds it copies a pointer; the collector comes again.
        let objects = match self.objects.try_lock() {
            Ok(objects) => objects,
            Err(TryLockError::Poisoned(objects)) => objects.into_inner(),
            Err(TryLockError::WouldBlock) => return Ok(()),
        };
        objects.iter().flatten().try_for_each(|(_, object)| visit.call(object))
    }

    fn __clear__(&self) {
        let objects = std::mem::take(&mut *self.objects());
        drop(objects);
    }
}
