import { _t } from "@web/core/l10n/translation";

const LONGEST_SIDE = 1280;
const QUALITY = 0.7;
const PATIENCE = 15_000;

/** Return a name nothing else has: the server knows by it what it was told already. */
export function makeUuid() {
    if (window.crypto?.randomUUID) {
        return window.crypto.randomUUID();
    }
    const bytes = window.crypto.getRandomValues(new Uint8Array(16)); // no https: an inner network
    return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Return where the device is, or why it does not tell. */
export function readPosition(geolocation = navigator.geolocation) {
    if (!geolocation) {
        return Promise.resolve({ position_reason: _t("The device has no position") });
    }
    const reasons = {
        1: _t("The collector refused it"),
        2: _t("The device does not know it"),
        3: _t("It took too long"),
    };
    return new Promise((resolve) =>
        geolocation.getCurrentPosition(
            ({ coords }) =>
                resolve({
                    latitude: coords.latitude,
                    longitude: coords.longitude,
                    accuracy: Math.round(coords.accuracy),
                }),
            ({ code }) => resolve({ position_reason: reasons[code] || reasons[2] }),
            { enableHighAccuracy: true, timeout: PATIENCE, maximumAge: 60_000 },
        ),
    );
}

/** Return a photo small enough for a slow line, as base64. */
export async function shrinkPhoto(file) {
    const picture = await window.createImageBitmap(file);
    const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    return canvas.toDataURL("image/jpeg", QUALITY).split(",")[1];
}
