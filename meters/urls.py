"""Addresses of readings and meters."""

from django.urls import path

from meters.views import council, entry, history, photo, receipt, telling

urlpatterns = [
    path("readings/", entry.readings_all, name="readings_all"),
    path("readings/receipt/", receipt.readings_all_receipt, name="readings_all_receipt"),
    path("a/<uuid:public_id>/readings/", entry.readings, name="readings"),
    path("a/<uuid:public_id>/readings/receipt/", receipt.readings_receipt, name="readings_receipt"),
    path(
        "a/<uuid:public_id>/readings/<uuid:reading_id>/take-back/", receipt.reading_take_back, name="reading_take_back"
    ),
    path("a/<uuid:public_id>/readings/<uuid:reading_id>/dispute/", telling.reading_dispute, name="reading_dispute"),
    path("a/<uuid:public_id>/readings/<uuid:reading_id>/photo/", photo.reading_photo, name="reading_photo"),
    path("a/<uuid:public_id>/meters/<uuid:meter_id>/replaced/", telling.meter_replaced, name="meter_replaced"),
    path("a/<uuid:public_id>/meters/<uuid:meter_id>/broken/", telling.meter_broken, name="meter_broken"),
    path("a/<uuid:public_id>/readings/history/", history.readings_history, name="readings_history"),
    path("a/<uuid:public_id>/readings/history.<slug:kind>", history.readings_export, name="readings_export"),
    path("a/<uuid:public_id>/board/", council.readings_board, name="readings_board"),
    path("council/<uuid:house_id>/readings/", council.council_readings, name="council_readings"),
    path("council/<uuid:house_id>/readings/walk/", council.council_walk, name="council_walk"),
    path("council/<uuid:house_id>/readings/sheet/", council.council_sheet, name="council_sheet"),
    path("council/<uuid:house_id>/readings/<uuid:account_id>/", council.council_row, name="council_row"),
    path(
        "council/<uuid:house_id>/readings/<uuid:reading_id>/take-back/",
        council.council_take_back,
        name="council_take_back",
    ),
    path("council/<uuid:house_id>/board/", council.council_board, name="council_board"),
]
