//! What the end-to-end tests share: the command that they call is
//! `src/bin/cortexscope-under-test.rs`.
