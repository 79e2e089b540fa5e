"""Pure parts of the embedded cluster and the supervisor: no server is started."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from app import cluster, supervisor


def test_socket_lies_beside_the_data_when_the_path_is_short() -> None:
    assert cluster.socket_dir(Path("/srv/yima/.local"), 101) == Path("/srv/yima/.local/pgsock")


@pytest.mark.parametrize("base", ["/home/" + "x" * 90 + "/.local", "/home/" + "土" * 30 + "/.local"])
def test_socket_moves_to_tmp_when_the_path_is_too_long_in_bytes(base: str) -> None:
    short = cluster.socket_dir(Path(base), 101)
    assert short.parent == Path("/tmp")
    assert short == cluster.socket_dir(Path(base), 101), "the same folder every time"
    assert short != cluster.socket_dir(Path(base + "2"), 101)
    assert short != cluster.socket_dir(Path(base), 102), "two users never share one"


def test_every_socket_path_fits_the_kernel() -> None:
    for length in range(1, 140):
        where = cluster.socket_dir(Path("/" + "x" * length), 4_294_967_294) / f".s.PGSQL.{cluster.PORT}"
        assert len(os.fsencode(where)) < cluster.SOCKET_LIMIT
    # the limit is the kernel's, not only ours
    with socket.socket(socket.AF_UNIX) as probe, pytest.raises(OSError, match="too long"):
        probe.bind("/" + "x" * (cluster.SOCKET_LIMIT + 1))


def test_home_follows_the_pointer(tmp_path: Path) -> None:
    assert cluster.home(tmp_path) == tmp_path
    (tmp_path / "postgres.path").write_text("/var/lib/yima/abc/postgres\n")
    assert cluster.home(tmp_path) == Path("/var/lib/yima/abc")


def test_url_is_read_from_the_file_and_its_absence_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(cluster.ClusterError, match="scripts/run"):
        cluster.url(tmp_path)
    (tmp_path / "postgres.url").write_text("postgresql://yima@/yima?host=/s&port=5432\n")
    assert cluster.url(str(tmp_path)) == "postgresql://yima@/yima?host=/s&port=5432"


@pytest.mark.parametrize("content", ["", "abc\n", "{self}\n/elsewhere\n"])
def test_a_stale_pid_file_is_not_a_running_server(tmp_path: Path, content: str) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "postmaster.pid").write_text(content.replace("{self}", str(os.getpid())))
    assert not cluster.is_ready(tmp_path)
    assert cluster.stop(tmp_path) is False


def test_cluster_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("YIMA_STATE_DIR", raising=False)
    assert cluster.parser().parse_args(["start"]).state_dir == Path(".local")
    args = cluster.parser().parse_args(["start", "--state-dir", "/x", "--fast"])
    assert (args.state_dir, args.fast) == (Path("/x"), True)
    with pytest.raises(SystemExit):
        cluster.parser().parse_args(["explode"])


def test_run_arguments() -> None:
    args = supervisor.parser().parse_args([])
    assert (args.port, args.no_demo, args.reset) == (8000, False, False)
    args = supervisor.parser().parse_args(["--port", "8765", "--no-demo", "--reset"])
    assert (args.port, args.no_demo, args.reset) == (8765, True, True)


def test_reset_never_touches_a_foreign_database(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("YIMA_DATABASE_URL", "postgresql://somebody@db/theirs")
    assert supervisor.main(["--reset"]) == 2
    assert "YIMA_DATABASE_URL" in capsys.readouterr().err


def test_a_taken_port_is_told_before_the_long_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("YIMA_STATE_DIR", str(tmp_path))
    monkeypatch.setattr(supervisor.signal, "signal", lambda *_: None)  # pytest keeps its own
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert supervisor.main(["--port", str(port)]) == 1
    assert str(port) in capsys.readouterr().err
    assert not (tmp_path / "postgres").exists()


def test_backoff_grows_and_ends() -> None:
    assert [supervisor.backoff(n) for n in (1, 2, 3, 50)] == [0.5, 1.0, 2.0, 30.0]
