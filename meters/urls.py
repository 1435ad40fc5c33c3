"""Addresses of readings and meters."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
