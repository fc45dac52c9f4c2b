"""The check of the arrows finds what it is there to find, and nothing in a tree that is right."""

import pathlib

import arrows
import pytest


def write(root, files):
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


def problems_of(root, path, text):
    write(root, {path: text})
    return arrows.check(root)


def test_the_tree_as_it_is_has_no_violation():
    assert arrows.check(pathlib.Path(__file__).parents[2]) == []


def test_allowed_includes_pass(tmp_path):
    write(
        tmp_path,
        {
            "engine/base/bytes.h": "#pragma once\n#include <span>\n",
            "engine/io/ring.h": '#pragma once\n#include <liburing.h>\n#include "engine/base/bytes.h"\n',
            "tls/upstream/pool.cc": '#include "tls/stream.h"\n#include "engine/query/ports.h"\n',
            "tls/session.cc": "#include <wolfssl/ssl.h>\n",
            "tools/flood/load.h": '#include "tools/clients/client.h"\n#include "tools/common/version.h"\n#pragma once\n',
            "cache/tiers/seal_key.cc": "#include <wolfssl/options.h>\n#include <wolfssl/wolfcrypt/hmac.h>\n",
            "tools/dotring/main.cc": '#include <unistd.h>\n#include "tools/dotring/configuration.h"\n',
            "test/tls/session_test.cc": '#include <gtest/gtest.h>\n#include "tls/session.h"\n',
        },
    )
    assert arrows.check(tmp_path) == []


@pytest.mark.parametrize(
    "path, text, expected",
    [
        ("engine/io/a.cc", '#include "engine/dns/name.h"\n', "engine/io must not include"),
        ("engine/dns/a.cc", '#include "engine/io/ring.h"\n', "engine/dns must not include"),
        ("engine/query/a.cc", '#include "engine/io/loop.h"\n', "engine/query must not include"),
        ("engine/base/a.cc", '#include "engine/dns/name.h"\n', "engine/base must not include"),
        ("engine/listen/a.cc", '#include "tls/session.h"\n', "engine/listen must not include"),
        ("tls/a.cc", '#include "engine/query/ports.h"\n', "tls must not include"),
        ("tls/upstream/a.cc", '#include "cache/policy.h"\n', "tls/upstream must not include"),
        ("cache/memory/a.cc", '#include "tls/session.h"\n', "cache/memory must not include"),
        ("cache/a.cc", '#include "tools/dotring/x.h"\n', "cache must not include"),
        ("tools/flood/a.cc", '#include "tools/dotring/x.h"\n', "tools/flood must not include"),
        ("tools/dotring/log/a.cc", '#include "tools/dotring/admin/x.h"\n', "tools/dotring/log must not include"),
        ("tools/dotring/config/a.cc", '#include "tools/dotring/worker.h"\n', "tools/dotring/config must not include"),
        ("tools/dotring/control/a.cc", '#include "tools/ctl/table.h"\n', "tools/dotring must not include"),
        ("tools/control/a.cc", '#include "tools/dotring/log/x.h"\n', "tools/control must not include"),
        ("tools/clients/a.cc", '#include "tools/flood/x.h"\n', "tools/clients must not include"),
        ("tools/flood/a.cc", '#include "test/x.h"\n', "tools must not include"),
        ("engine/dns/a.cc", '#include "name.h"\n', "not a path from the root"),
        ("engine/listen/a.cc", "#include <liburing.h>\n", "<liburing.h> belongs to"),
        ("tools/dotring/a.cc", "#include <liburing.h>\n", "<liburing.h> belongs to"),
        ("engine/io/a.cc", "#include <wolfssl/ssl.h>\n", "<wolfssl/ssl.h> belongs to"),
        ("cache/tiers/a.cc", "#include <wolfssl/ssl.h>\n", "<wolfssl/ssl.h> belongs to"),
        ("cache/redis/a.cc", "#include <wolfssl/wolfcrypt/hmac.h>\n", "<wolfssl/wolfcrypt/hmac.h> belongs to"),
        ("cache/memory/a.cc", "#include <hiredis/hiredis.h>\n", "<hiredis/hiredis.h> belongs to"),
        ("engine/listen/a.cc", "#include <sys/socket.h>\n", "<sys/socket.h> belongs to"),
        ("engine/query/a.cc", "#include <chrono>\n", "<chrono> belongs to"),
        ("cache/a.cc", "  const char* home = std::getenv(name);\n", "getenv() belongs to"),
        ("tls/a.cc", "  return ::sendmsg(fd, &message, 0);\n", "sendmsg() belongs to"),
        ("engine/dns/a.h", "int x;\n", "no #pragma once"),
        ("engine/dns/a.cc", "\n" * 401, "more than 400 lines"),
        ("engine/new/a.cc", "\n", "lies in no folder"),
    ],
)
def test_a_violation_is_found(tmp_path, path, text, expected):
    problems = problems_of(tmp_path, path, text)
    assert len(problems) == 1
    assert problems[0].startswith(path + ":")
    assert expected in problems[0]


def test_a_circle_of_folders_is_found(tmp_path):
    write(
        tmp_path,
        {
            "cache/tiers.h": '#pragma once\n#include "cache/memory/store.h"\n',
            "cache/memory/store.h": '#pragma once\n#include "cache/policy.h"\n',
        },
    )
    problems = arrows.check(tmp_path)
    assert len(problems) == 1 and problems[0].startswith("folders in a circle")


def test_the_program_says_by_its_status_what_it_found(tmp_path, capsys):
    assert arrows.main(["arrows.py", str(tmp_path)]) == 0
    write(tmp_path, {"engine/base/a.cc": '#include "tls/x.h"\n'})
    assert arrows.main(["arrows.py", str(tmp_path)]) == 1
    assert "engine/base must not include" in capsys.readouterr().out
