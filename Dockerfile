# Odoo with the collections addons. The build context holds nothing else: see .dockerignore.
FROM odoo:19

USER root
# The addons belong to root: Odoo can read them and not change them.
COPY . /mnt/extra-addons/
# The image's Python belongs to its distribution; what it has already (psycopg2) stays as it is.
RUN pip3 install --no-cache-dir --break-system-packages -r /mnt/extra-addons/requirements.txt
USER odoo
