"""A folder that holds the plan of a job."""

from pathlib import Path

from stylecore.errors import StoreError
from stylecore.store.files import SealedFolder, content_of
from stylecore.store.model import FORMAT, Job, tag_of
from stylecore.store.sealing import declared_format

PARTS = ("frames", "records", "ages", "statistics", "locks", "source", "requests", "results")


class PlannedFolder(SealedFolder):
    """A job's folder with its plan, which is written once and never changed."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._job: Job | None = None

    def exists(self) -> bool:
        try:
            return (self.folder / "job.json").is_file()
        except OSError:  # a name that is too long, a folder that may not be looked into
            return False

    def is_planned(self) -> bool:
        """Whether there is a plan that can be read.

        Raises:
            StoreError: there may be one, but it is of another version, or cannot be read now.
        """
        return self._planned() is not None

    def create(self, job: Job) -> None:
        """Writes the plan; the first process to do so wins, the others find the same plan.

        Raises:
            StoreError: the folder cannot be made, or there is a plan that cannot be read now.
            OutputError: no space is left, or the folder cannot be written.
        """
        try:
            earlier = [f"passes/{pass_number}" for pass_number in range(1, job.settings.passes)]
            for part in (*PARTS, *earlier):
                (self.folder / part).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"The workspace {self.folder} cannot be made: {error.strerror}. "
                "Choose another folder with --workspace."
            ) from error
        with self.lock("requests"):
            if not self.is_planned():
                path = self.folder / "job.json"
                self._set_aside(path)
                self._write_model(path, job)

    @property
    def job(self) -> Job:
        """The plan.

        Raises:
            StoreError: it is missing, damaged, of another version, or cannot be read.
        """
        job = self._planned()
        if job is None:
            raise StoreError(
                f"{self.folder / 'job.json'} is missing or damaged; run the command that began "
                "the job once more: it plans the job again and keeps all finished frames."
            )
        return job

    def _planned(self) -> Job | None:
        """The plan; None where it is missing or damaged."""
        if self._job is None:
            path = self.folder / "job.json"
            data = content_of(path)
            found = declared_format(data or b"")
            if found not in (None, FORMAT):
                raise StoreError(
                    f"{self.name} was made by another version of this program (layout {found}, "
                    f"this one has {FORMAT}) and is left as it is; the command that began it "
                    "begins anew beside it."
                )
            job = self._unsealed_model(path, data, Job)
            if job is not None and tag_of(job.key) == self._tag:
                self._job = job
        return self._job
