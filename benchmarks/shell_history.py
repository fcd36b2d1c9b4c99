"""A made-up history of a shell: sessions in several projects, habits, slips of the finger and a long tail.

The shapes of the commands were written by hand; what stands in a slot is drawn by a seed, so that the same lines come
at every run.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

# Words of commit messages, branches and one-off file names.
_VERBS = ("fix", "add", "remove", "rename", "test", "document", "speed up", "clean up", "mend", "tidy")
_THINGS = ("parser", "login", "typo", "readme", "cache", "query", "form", "größe", "release notes", "retries", "tests")
_PLACES = ("", "", " again", " in the api", " for empty input", " on start", ", second try", " of the header")
_ODD_WORDS = (
    "amber",
    "brook",
    "cedar",
    "delta",
    "ember",
    "fjord",
    "grove",
    "heron",
    "inlet",
    "juniper",
    "kelp",
    "lark",
)
_ENDINGS = (".txt", ".csv", ".log", ".json", ".png", ".tar.gz", ".sql", ".md")
_HOSTS = ("pi@raspberry.local", "deploy@web1.example.org", "deploy@web2.example.org", "backup@nas.local")
# How often a command begins with two letters swapped, and is then typed again.
_SLIPS = 0.015
# A slot among the words of a shape, and what it is of.
_SLOTS = ("folder", "file", "test", "branch", "message", "odd", "hash", "port", "host", "service", "url")


@dataclass(frozen=True, slots=True)
class Project:
    """Where somebody works, and on what.

    Attributes:
        folder: Its folder.
        begins: Commands that a session begins with.
        files: Files that are opened, frequent ones first.
        tests: Tests that are run.
        services: What is started, watched or deployed.
        shapes: Commands and how often each is typed beside the others.
    """

    folder: str
    begins: Sequence[str]
    files: Sequence[str]
    tests: Sequence[str]
    services: Sequence[str]
    shapes: Mapping[str, float]


_GIT = {
    "git status": 9,
    "git diff": 5,
    "git diff {file}": 2,
    "git add -A": 3,
    "git add {file}": 3,
    "git add {file} && git commit -m '{message}'": 2,
    "git commit -m '{message}'": 4,
    'git commit -m "{message}"': 2,
    "git commit --amend --no-edit": 1,
    "git push": 3,
    "git push -u origin {branch}": 1,
    "git pull --rebase": 3,
    "git checkout main": 2,
    "git checkout -b {branch}": 1,
    "git checkout {branch}": 1,
    "git log --oneline --graph -n 20": 2,
    "git log --oneline | head -{port}": 0.3,
    "git show {hash}": 0.7,
    "git revert {hash}": 0.2,
    "git rebase -i HEAD~3": 0.5,
    "git stash && git pull && git stash pop": 0.5,
    "git branch --list | grep {odd}": 0.3,
}
_ANYWHERE = {
    "ls -la": 4,
    "ls": 4,
    "cd ..": 2,
    "cat {odd}": 0.7,
    "less {odd}": 0.4,
    "rm {odd}": 0.5,
    "mv {odd} {odd}": 0.4,
    "cp {file} /tmp/": 0.3,
    "mkdir -p {odd}": 0.2,
    "grep -rn {odd} .": 0.5,
    "grep -rn 'TODO' src/": 0.7,
    "find . -name '*.py' | wc -l": 0.5,
    "find . -type f -name '*{odd}'": 0.3,
    "ssh {host}": 1,
    "scp {odd} {host}:/tmp/": 0.5,
    "rsync -av --delete {folder}/ {host}:backup/": 0.4,
    "tar czf {odd} {folder}": 0.3,
    "df -h": 0.5,
    "du -sh * | sort -h": 0.5,
    "ps aux | grep {service}": 0.4,
    "kill -9 {port}": 0.3,
    "echo $PATH": 0.2,
    'export PATH="$HOME/.local/bin:$PATH"': 0.3,
    "man {odd}": 0.1,
    "history | grep {odd}": 0.4,
    "curl -s {url} | jq .": 0.7,
    "wget {url}": 0.3,
    "sudo apt update && sudo apt upgrade": 0.5,
    "sudo systemctl restart {service}": 0.3,
    "htop": 0.5,
    "clear": 1.5,
    "exit": 1,
}
PROJECTS = (
    Project(
        "~/src/garden",
        ("source .venv/bin/activate",),
        ("garden/app.py", "garden/plants.py", "tests/test_plants.py", "README.md", "pyproject.toml", ".github/ci.yml"),
        ("tests/test_plants.py", "tests/test_app.py", "tests"),
        ("garden", "worker"),
        {
            **_GIT,
            "vim {file}": 6,
            "python -m pytest -q {test}": 4,
            "python -m pytest -q {test} -k {odd}": 0.7,
            "pytest -x --lf": 2,
            "ruff check . && ruff format .": 2,
            "mypy garden": 1,
            "python -m garden.app --port={port} --debug": 1,
            "DEBUG=1 python -m garden.app": 1,
            "pip install -e '.[dev]'": 0.5,
            "pip install {odd}": 0.3,
            "python -m pytest -q 2>&1 | tee test.log": 0.5,
            "make test": 2,
        },
    ),
    Project(
        "~/src/webshop",
        ("nvm use 20", "docker compose up -d"),
        (
            "src/components/Cart.tsx",
            "src/components/Header.tsx",
            "src/api/orders.ts",
            "package.json",
            "docker-compose.yml",
        ),
        ("src/api/orders.test.ts", "src/components/Cart.test.tsx"),
        ("web", "db", "redis"),
        {
            **_GIT,
            "code .": 1,
            "vim {file}": 3,
            "npm run dev": 4,
            "npm run build": 2,
            "npm test -- {test}": 3,
            "npm install --save-dev {odd}": 0.4,
            "npx tsc --noEmit": 2,
            "docker compose up -d": 3,
            "docker compose down": 2,
            "docker compose logs -f --tail=100 {service}": 2,
            "docker compose exec {service} sh": 1,
            "docker ps": 2,
            "docker ps | grep {service}": 0.6,
            "docker build -t webshop:{port} .": 0.4,
            "curl -s http://localhost:3000/api/orders | jq '.items[0]'": 1,
            "NODE_ENV=production npm run build > build.log 2>&1": 0.5,
        },
    ),
    Project(
        "~/work/infra",
        ("export KUBECONFIG=~/.kube/staging",),
        ("main.tf", "variables.tf", "charts/api/values.yaml", "charts/web/values.yaml", "Makefile"),
        ("charts/api", "charts/web"),
        ("api", "web", "ingress"),
        {
            **_GIT,
            "vim {file}": 4,
            "terraform plan -out=plan.out": 2,
            "terraform apply plan.out": 1.5,
            "terraform fmt": 1,
            "kubectl get pods -n staging": 4,
            "kubectl get pods -n production": 1.5,
            "kubectl logs -f deploy/{service} -n staging": 2,
            "kubectl logs -f deploy/{service} -n staging | grep -i error": 1,
            "kubectl describe pod {service}-{hash} -n staging": 0.7,
            "kubectl rollout restart deploy/{service} -n staging": 1,
            "kubectl port-forward svc/{service} {port}:80 -n staging": 0.5,
            "helm upgrade --install {service} {test} --namespace=staging -f {test}/values.yaml": 1,
            "helm lint {test}": 1,
            "ssh {host} 'sudo systemctl status {service}'": 0.7,
            'for f in charts/*; do helm lint "$f"; done': 0.5,
        },
    ),
    Project(
        "~/notes",
        (),
        ("todo.md", "diary.md", "reading/books.md", "ideas.md"),
        ("todo.md",),
        ("notes",),
        {
            "git add -A && git commit -m 'notes' && git push": 3,
            "git status": 1,
            "vim {file}": 6,
            "vim {odd}": 1,
            "grep -rni '{odd}' .": 1,
            "pandoc {file} -o /tmp/out.pdf": 1,
            "pandoc {file} -o /tmp/out.pdf && xdg-open /tmp/out.pdf": 0.5,
            "wc -w {file}": 1,
            "cat todo.md | head -20": 2,
            'echo "- {message}" >> todo.md': 3,
        },
    ),
)


def commands(seed: int = 0) -> Iterator[str]:
    """Yield endless commands, session by session."""
    draw = random.Random(seed)
    weights = (5, 4, 3, 2)
    while True:
        (project,) = draw.choices(PROJECTS, weights)
        yield f"cd {project.folder}"
        yield from project.begins
        known = {"branch": "-".join(draw.sample(_ODD_WORDS[:5], 2))}
        shapes = {**project.shapes, **_ANYWHERE}
        for shape in draw.choices([*shapes], [*shapes.values()], k=draw.randint(4, 30)):
            yield from _typed(_filled(shape, project, known, draw), draw)


def _filled(shape: str, project: Project, known: dict[str, str], draw: random.Random) -> str:
    """A shape with something drawn in each slot; the branch is that of the session."""
    return shape.format(**{slot: known.get(slot) or _slot(slot, project, draw) for slot in _SLOTS if slot in shape})


def _slot(slot: str, project: Project, draw: random.Random) -> str:
    of_project = {"file": project.files, "test": project.tests, "service": project.services, "host": _HOSTS}
    if slot in of_project:
        choices = of_project[slot]
        return draw.choices(choices, [1 / (place + 1) for place in range(len(choices))])[0]
    odd = f"{draw.choice(_ODD_WORDS)}{draw.choice(('', '-', '_'))}{draw.choice(_ODD_WORDS)}"
    made = {
        "folder": project.folder,
        "message": f"{draw.choice(_VERBS)} {draw.choice(_THINGS)}{draw.choice(_PLACES)}",
        "odd": f"{odd}{draw.choice(_ENDINGS)}" if draw.random() < 0.6 else odd,
        "hash": f"{draw.getrandbits(28):07x}",
        "port": str(draw.randint(1024, 60_000)) if draw.random() < 0.4 else draw.choice(("8000", "8080", "5432")),
        "url": f"https://{odd}.example.org/{draw.choice(_ODD_WORDS)}",
    }
    return made[slot]


def _typed(command: str, draw: random.Random) -> Iterator[str]:
    """A command, now and then after a slip in its name."""
    name, *rest = command.split(" ", 1)
    if len(name) > 2 and draw.random() < _SLIPS:
        place = draw.randrange(len(name) - 1)
        slipped = name[:place] + name[place + 1] + name[place] + name[place + 2 :]
        yield " ".join([slipped, *rest])
    yield command
