//! The questions and the files; the command itself is tested as a process.

use std::cell::RefCell;

use super::*;
use crate::cli::config;

/// What is answered to those lines, and what was said.
fn asked(flags: &Init, lines: &str) -> (Result<Answers, Fault>, Vec<String>) {
    let said = RefCell::new(Vec::new());
    let say = |text: &str| said.borrow_mut().push(text.to_owned());
    let mut input = lines.as_bytes();
    let answers = answers(flags, &mut Asker::terminal(&mut input, &say));
    (answers, said.into_inner())
}

#[test]
fn what_is_not_given_is_asked_for_and_asked_again_where_it_cannot_be_read() {
    let lines = "nonsense\n\nhttps://scim.example/v2/\neyJhbGciOi.sEcReT.x\nMY_TOKEN\nnobody\nokta, entra\nshould\nperhaps\nyes\n\n";
    let (answers, said) = asked(&Init::default(), lines);
    let answers = answers.unwrap();
    assert_eq!((answers.target.as_str(), answers.token_env.as_str()), ("https://scim.example/v2", "MY_TOKEN"));
    assert_eq!((answers.idp.join("+"), answers.fail_on.as_str()), ("okta+entra".to_owned(), "should"));
    assert_eq!((answers.allow_writes, answers.ci), (true, Ci::None));
    assert!(said.iter().any(|text| text.contains("there is no client nobody")), "{said:?}");
    assert!(!said.join("\n").contains("sEcReT"), "{said:?}");
}

#[test]
fn a_flag_is_not_asked_for_and_the_end_of_the_answers_is_told() {
    let flags = Init {
        target: Some("http://127.0.0.1:8080/scim/v2".into()),
        token_env: Some("T".into()),
        ci: Some(Ci::Gitlab),
        ..Init::default()
    };
    let (answers, said) = asked(&flags, "\n\n");
    let answers = answers.unwrap();
    assert_eq!((answers.idp.len(), answers.fail_on.as_str(), answers.ci), (0, "must", Ci::Gitlab));
    assert_eq!(said.len(), 2, "a target on this machine needs no permission: {said:?}");
    let (ended, _) = asked(&flags, "");
    assert!(ended.unwrap_err().message.contains("nothing was written"));
}

#[test]
fn the_configuration_is_read_back_with_every_mark_taken_away() {
    let folder = tempfile::tempdir().unwrap();
    for (idp, allow_writes) in [(vec![], false), (vec!["okta/aiw".to_owned(), "entra".to_owned()], true)] {
        let answers = Answers {
            target: crate::client::BaseUrl::parse("https://scim.example/v2").unwrap(),
            token_env: "MY_TOKEN".into(),
            idp: idp.clone(),
            fail_on: crate::verdict::FailOn::Should,
            allow_writes,
            ci: Ci::None,
        };
        let [file] = <[File; 1]>::try_from(files::files(&answers)).unwrap();
        let read = |text: &str| {
            std::fs::write(folder.path().join(config::FILE), text).unwrap();
            let mut run = Run::default();
            config::complete(&mut run, folder.path()).unwrap();
            run
        };
        let run = read(&file.text);
        assert_eq!(run.target.target.as_deref(), Some("https://scim.example/v2"));
        assert_eq!(run.credentials.token_env.as_deref(), Some("MY_TOKEN"));
        assert_eq!((run.selection.idp, run.target.allow_writes), (idp, allow_writes));
        assert_eq!(run.gate.fail_on.unwrap().as_str(), "should");
        // A row is a word and `=`; prose is not.
        let is_row = |line: &str| line.split_once(" = ").is_some_and(|(key, _)| !key.contains(' '));
        let bare = |line: &str| line.strip_prefix("# ").filter(|it| is_row(it)).unwrap_or(line).to_owned();
        let all = read(&file.text.lines().map(bare).collect::<Vec<_>>().join("\n"));
        assert!(all.target.allow_writes && all.connection.max_rps.is_some() && all.gate.baseline.is_some());
    }
}
