from featfer_cli.leaderboard import SHOWN, print_leaderboard
from helpers.commands import refused, succeeded

ROW = {"rank": 1, "accuracy_without_copies": 0.5, "accuracy": 0.625, "seconds": 12.34, "features": "stage:128x8x8",
       "classifier": "svm", "params": {"C": 2.51234567, "pca": None}, "command": "featfer train"}


def board(rows):
    return {"study": "tune.db", "objective": "accuracy", "source": "made", "rows": rows, "failures": []}


def test_a_row_is_printed(capsys):
    print_leaderboard(board([ROW]), as_json=False)
    assert capsys.readouterr().out.splitlines() == [
        "1 trial, 0 failed; by accuracy",
        "rank  without copies  all of val  seconds  features       classifier   parameters",
        "   1          50.00%      62.50%     12.3  stage:128x8x8  svm          C=2.512 pca=None",
        "", "Train the best with", "  featfer train"]


def test_the_best_are_printed(capsys):
    print_leaderboard(board([{**ROW, "rank": rank} for rank in range(1, 31)]), as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("30 trials")
    assert [line.split()[0] for line in lines[2:-3]] == [str(rank) for rank in range(1, SHOWN + 1)]


def test_a_study_without_trials_is_printed(tmp_path):
    from featfer.tuning.study import open_study
    with open_study(tmp_path / "study", {"objective": "accuracy"}):
        pass
    assert succeeded("leaderboard", tmp_path / "study").splitlines()[0] == "0 trials, 0 failed; by accuracy"


def test_a_file_that_is_not_a_study_is_named(tmp_path):
    assert refused("leaderboard", tmp_path / "none").startswith(f"Error: {tmp_path / 'none'}: no such study")
