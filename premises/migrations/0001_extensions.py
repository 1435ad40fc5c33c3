from django.contrib.postgres.operations import BtreeGistExtension, TrigramExtension
from django.db import migrations


class Migration(migrations.Migration):
    """Address search by trigrams; terms of council seats that may not overlap."""

    dependencies = []

    operations = [TrigramExtension(), BtreeGistExtension()]
