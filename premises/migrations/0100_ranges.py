from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations


class Migration(migrations.Migration):
    """Exclusion constraints over a person and a span of days need equality in a GiST index."""

    dependencies = [("premises", "0002_initial")]

    operations = [BtreeGistExtension()]
