//! The Rust examples of the pages in `docs`, as document tests.

macro_rules! pages {
    ($($page:ident)*) => {
        $(#[cfg(doctest)]
        #[doc = include_str!(concat!("../../docs/", stringify!($page), ".md"))]
        pub mod $page {})*

        #[cfg(test)]
        const PAGES: &[&str] = &[$(stringify!($page)),*];
    };
}

pages! {
    ewma
    hash_ring
    leaky_bucket
    period_limiter
    redis
    rolling_window
    single_flight
    spin_lock
    sre_breaker
    token_bucket
}

#[cfg(test)]
mod tests {
    use super::PAGES;

    #[test]
    fn every_page_with_an_example_is_tried() {
        let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs");
        let mut found = Vec::new();
        for entry in std::fs::read_dir(docs).unwrap() {
            let path = entry.unwrap().path();
            let page = path.extension().is_some_and(|extension| extension == "md");
            if page && std::fs::read_to_string(&path).unwrap().contains("\n```rust") {
                found.push(path.file_stem().unwrap().to_str().unwrap().to_owned());
            }
        }
        found.sort();
        assert_eq!(
            found, PAGES,
            "name each page that has an example in tests/src/pages.rs, in alphabetical order"
        );
    }
}
