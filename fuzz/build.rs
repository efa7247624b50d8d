//! Writes down what `include/resil.h` declares, as Rust: its types, its constants, its functions, and for each of
//! them a call whose arguments are drawn by their types and names.
//!
//! Because the calls are made of the header, no function can be left out, but for those that wait for a server (`STORE`).
//! A declaration that this does not understand ends the build.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

const HEADER: &str = "../include/resil.h";
/// Limits in a store: each call waits for a server. tests/c/redis_*_test.c, and its NULL calls, have them.
const STORE: &str = "resil_redis_";

fn main() {
    println!("cargo::rerun-if-changed={HEADER}");
    println!("cargo::rerun-if-changed=build.rs");
    let text = fs::read_to_string(HEADER).expect("the header");
    let (types, functions) = text.split_once("extern \"C\" {\n").expect("types, then functions");
    let mut header = Header::default();
    header.read_types(types);
    header.read_functions(functions);
    assert!(header.functions.len() > 100, "the header is read wrongly: too few functions");
    let out = Path::new(&env::var("OUT_DIR").unwrap()).join("header.rs");
    fs::write(out, header.rust()).unwrap();
}

#[derive(Default)]
struct Header {
    /// Types behind handles.
    opaque: BTreeSet<String>,
    /// Enums, which C sees as int32_t.
    enums: BTreeSet<String>,
    callbacks: BTreeSet<String>,
    functions: Vec<Function>,
    /// Rust that is written already.
    types: String,
    statuses: BTreeMap<String, i32>,
}

struct Function {
    name: String,
    comment: String,
    returns: String,
    parameters: Vec<(Type, String)>,
}

/// `const struct resil_x_t *`: the bare name, how many stars, and whether the first is to const.
struct Type {
    name: String,
    stars: usize,
    constant: bool,
}

impl Header {
    fn read_types(&mut self, text: &str) {
        let mut lines = text
            .lines()
            .map(|line| line.split("//").next().unwrap().trim())
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        while let Some(line) = lines.next() {
            if let Some(name) = line.strip_prefix("enum ") {
                self.enums.insert(name.to_owned());
                for variant in lines.by_ref().take_while(|line| *line != "};") {
                    if let Some((variant, number)) = variant.trim_end_matches(',').split_once(" = ")
                    {
                        writeln!(self.types, "pub const {variant}: i32 = {number};").unwrap();
                        if let Some(status) = variant.strip_prefix("RESIL_STATUS_") {
                            self.statuses.insert(status.to_owned(), number.parse().unwrap());
                        }
                    }
                }
            } else if let Some(declared) = line.strip_prefix("typedef ") {
                let mut declared = declared.to_owned();
                if declared.ends_with('{') {
                    let name = declared.strip_prefix("struct ").unwrap().trim_end_matches(" {");
                    let fields: Vec<_> =
                        lines.by_ref().take_while(|line| !line.starts_with('}')).collect();
                    if !name.starts_with(STORE) {
                        self.visible_struct(name, &fields);
                    }
                    continue;
                }
                while !declared.ends_with(';') {
                    declared += lines.next().expect("the end of a typedef");
                }
                if !declared.contains(STORE) {
                    self.alias(declared.trim_end_matches(';'));
                }
            }
        }
    }

    fn visible_struct(&mut self, name: &str, fields: &[&str]) {
        writeln!(self.types, "#[repr(C)]\n#[derive(Clone, Copy)]\npub struct {name} {{").unwrap();
        for field in fields {
            let (kind, name) = declarator(field.trim_end_matches(';'));
            let (name, many) = match name.split_once('[') {
                Some((name, many)) => (name, Some(many.trim_end_matches(']'))),
                None => (name.as_str(), None),
            };
            let kind = self.rust_type(&kind);
            match many {
                Some(many) => writeln!(self.types, "    pub {name}: [{kind}; {many}],"),
                None => writeln!(self.types, "    pub {name}: {kind},"),
            }
            .unwrap();
        }
        self.types += "}\n";
    }

    fn alias(&mut self, declared: &str) {
        if let Some((returns, rest)) = declared.split_once("(*") {
            let (name, parameters) = rest.split_once(")(").unwrap();
            self.callbacks.insert(name.to_owned());
            let parameters: Vec<_> = parameters
                .trim_end_matches(')')
                .split(',')
                .map(|parameter| self.rust_type(&declarator(parameter).0))
                .collect();
            let arrow = match returns.trim() {
                "void" => String::new(),
                returns => {
                    format!(" -> {}", self.rust_type(&declarator(&format!("{returns} _")).0))
                }
            };
            let parameters = parameters.join(", ");
            writeln!(
                self.types,
                "pub type {name} = Option<unsafe extern \"C-unwind\" fn({parameters}){arrow}>;"
            )
            .unwrap();
            return;
        }
        let (kind, name) = declarator(declared);
        if declared.starts_with("enum ") || self.enums.contains(&name) {
            return;
        }
        if declared.starts_with("struct ") && kind.name == name {
            writeln!(self.types, "#[repr(C)]\npub struct {name}([u8; 0]);").unwrap();
            let free = format!("{}_free", name.trim_end_matches("_t"));
            writeln!(
                self.types,
                "impl Handle for {name} {{\n    const NAME: &'static str = \"{name}\";\n    \
                 unsafe fn free(handle: *mut Self) {{\n        // SAFETY: passed on.\n        \
                 unsafe {{ {free}(handle) }}\n    }}\n}}"
            )
            .unwrap();
            self.opaque.insert(name);
        } else {
            writeln!(self.types, "pub type {name} = {};", self.rust_type(&kind)).unwrap();
        }
    }

    fn read_functions(&mut self, text: &str) {
        let (mut comment, mut declared) = (String::new(), String::new());
        for line in text.lines().map(str::trim) {
            if line.starts_with("#ifdef __cplusplus") {
                break;
            }
            if let Some(words) = line.strip_prefix("//") {
                comment += words;
                continue;
            }
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            declared = format!("{declared} {line}");
            if declared.ends_with(';') {
                if !declared.contains(STORE) {
                    self.function(&declared, comment.clone());
                }
                (comment, declared) = (String::new(), String::new());
            }
        }
    }

    fn function(&mut self, declared: &str, comment: String) {
        let declared = declared.trim().trim_start_matches("RESIL_NODISCARD").trim();
        let (head, rest) = declared.split_once('(').expect("a function");
        let (returns, name) = declarator(head);
        let parameters = rest.trim_end_matches(");");
        let parameters = match parameters {
            "void" => Vec::new(),
            _ => parameters.split(',').map(declarator).collect(),
        };
        let returns = match (returns.name.as_str(), returns.stars) {
            ("char", 1) => "text".to_owned(),
            ("resil_status_t", 0) => "status".to_owned(),
            _ => self.rust_type(&returns),
        };
        self.functions.push(Function { name, comment, returns, parameters });
    }

    fn rust_type(&self, kind: &Type) -> String {
        let name = match kind.name.as_str() {
            "uint64_t" => "u64",
            "uint32_t" => "u32",
            "int32_t" => "i32",
            "size_t" => "usize",
            "double" => "f64",
            "bool" => "bool",
            "void" if kind.stars == 0 => "()",
            "void" => "c_void",
            "char" => "c_char",
            name if self.enums.contains(name) => "i32",
            name => {
                assert!(name.starts_with("resil_"), "an unknown type: {name}");
                name
            }
        };
        match (kind.stars, kind.constant) {
            (0, _) => name.to_owned(),
            (1, true) => format!("*const {name}"),
            (1, false) => format!("*mut {name}"),
            (2, false) => format!("*mut *mut {name}"),
            _ => panic!("an unknown type: {name} with {} stars", kind.stars),
        }
    }

    /// What draws an argument: a method of `Frame`.
    fn drawn(&self, function: &str, kind: &Type, name: &str) -> String {
        let of = kind.name.as_str();
        let opaque = self.opaque.contains(of);
        match (kind.stars, kind.constant) {
            (0, _) if self.callbacks.contains(of) => format!("{of}(\"{name}\")"),
            (0, _) => format!("{}(\"{name}\")", self.rust_type(kind)),
            (1, _) if opaque && function.ends_with("_free") => format!("taken::<{of}>()"),
            (1, true) if opaque => format!("handle::<{of}>(\"{name}\")"),
            (2, _) if opaque => format!("made::<{of}>(\"{name}\")"),
            (1, true) if of == "void" => format!("bytes(\"{name}\")"),
            (1, false) if of == "void" && name == "user_data" => "user_data()".to_owned(),
            (1, false) if of == "void" => format!("buffer(\"{name}\")"),
            (1, _) if of == "resil_spin_lock_t" => format!("lock(\"{name}\")"),
            (1, false) if of == "resil_permit_t" => format!("permit(\"{name}\")"),
            (1, false) if of == "resil_reservation_t" => format!("reservation(\"{name}\")"),
            (1, false) if name == "ids" => format!("ids(\"{name}\")"),
            (1, true) => format!("input::<{of}>(\"{name}\")"),
            (1, false) => {
                let pointed = Type { name: of.to_owned(), stars: 0, constant: false };
                format!("output::<{}>(\"{name}\")", self.rust_type(&pointed))
            }
            _ => panic!("{function}: no way to draw {name}"),
        }
    }

    /// The comment, and those of the functions that it refers to.
    fn comments<'a>(&'a self, function: &'a Function, seen: &mut BTreeSet<&'a str>) -> String {
        let mut text = function.comment.clone();
        if seen.insert(&function.name) {
            for other in &self.functions {
                let named = |word: &str| word.trim_end_matches(['.', ',', ';', ':']) == other.name;
                let mut words = function
                    .comment
                    .split_whitespace()
                    .zip(function.comment.split_whitespace().skip(1));
                let referred =
                    words.any(|(before, word)| before.eq_ignore_ascii_case("as") && named(word));
                // "What try_acquire would answer".
                let asked = function.name.split_once("_peek").is_some_and(|(row, _)| {
                    other.name.strip_prefix(row).is_some_and(|verb| {
                        function.comment.contains(&format!("What {} would answer", &verb[1..]))
                    })
                });
                if referred || asked {
                    text += &self.comments(other, seen);
                }
            }
        }
        text
    }

    fn rust(&self) -> String {
        let mut rust = self.types.clone();
        rust += "// The library, linked and not called by its Rust names.\nuse resil as _;\n";
        rust += "unsafe extern \"C-unwind\" {\n";
        for Function { name, returns, parameters, .. } in &self.functions {
            let parameters: Vec<_> = parameters
                .iter()
                .map(|(kind, name)| format!("{name}: {}", self.rust_type(kind)))
                .collect();
            let returns = match returns.as_str() {
                "text" => "*const c_char",
                "status" => "i32",
                // So that a byte that is no truth value can be told.
                "bool" => "u8",
                returns => returns,
            };
            writeln!(rust, "    pub fn {name}({}) -> {returns};", parameters.join(", ")).unwrap();
        }
        rust += "}\n\npub const FUNCTIONS: &[Function] = &[\n";
        for function in &self.functions {
            self.write_function(&mut rust, function);
        }
        rust + "];\n"
    }

    fn write_function(&self, rust: &mut String, function: &Function) {
        let Function { name, returns, parameters, .. } = function;
        let comments = self.comments(function, &mut BTreeSet::new());
        let words: BTreeSet<_> =
            comments.split(|char: char| !char.is_ascii_uppercase() && char != '_').collect();
        let may_answer: Vec<_> = (self.statuses.iter())
            .filter(|(status, _)| words.contains(status.as_str()) || *status == "GRANTED")
            .map(|(_, number)| *number)
            .collect();
        let required: BTreeSet<_> = (comments.split("NULL_ARGUMENT (").skip(1))
            .flat_map(|rest| rest.split(')').next().unwrap().split([',', ';', ' ']))
            .filter(|word| parameters.iter().any(|(_, name)| name == word))
            .collect();
        let required: Vec<_> = required.iter().collect();
        let made =
            parameters.iter().find(|(kind, _)| kind.stars == 2 && self.opaque.contains(&kind.name));
        let makes = made.filter(|_| {
            !parameters.iter().any(|(kind, _)| kind.stars == 1 && self.opaque.contains(&kind.name))
        });
        let makes = makes.map(|(kind, _)| &kind.name);
        writeln!(
            rust,
            "    Function {{\n        name: \"{name}\",\n        may_answer: &{may_answer:?},\n        \
             required: &{required:?},\n        makes: {makes:?},\n        call: |frame| {{"
        )
        .unwrap();
        for (index, (kind, parameter)) in parameters.iter().enumerate() {
            writeln!(
                rust,
                "            let a{index} = frame.{};",
                self.drawn(name, kind, parameter)
            )
            .unwrap();
        }
        let arguments: Vec<_> = (0..parameters.len()).map(|index| format!("a{index}")).collect();
        let method = match returns.as_str() {
            "text" | "status" | "bool" => returns,
            _ => "otherwise",
        };
        writeln!(
            rust,
            "            frame.begin();\n            // SAFETY: the frame draws what the header allows.\n            \
             frame.answered_{method}(unsafe {{ {name}({}) }});\n        }},\n    }},",
            arguments.join(", ")
        )
        .unwrap();
    }
}

/// `const struct resil_quota_t *quota` as its type and its name.
fn declarator(text: &str) -> (Type, String) {
    let stars = text.matches('*').count();
    let text = text.replace('*', " ");
    let words: Vec<_> =
        text.split_whitespace().filter(|word| !["struct", "enum"].contains(word)).collect();
    let constant = words.first() == Some(&"const");
    let [kind, name] = words[usize::from(constant)..] else { panic!("not a declarator: {text}") };
    (Type { name: kind.to_owned(), stars, constant }, name.to_owned())
}
