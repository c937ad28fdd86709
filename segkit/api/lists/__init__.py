"""Imported lists of an app: bringing them in, matching them again, paging through them, handing them to who sends."""
