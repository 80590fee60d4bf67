"""The application for any WSGI server: `gunicorn portal.wsgi:application`."""

from portal import create_app

application = create_app()
