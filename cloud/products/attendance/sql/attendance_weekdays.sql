-- Attendance by weekday of all courses; 1900-01-01 was a Monday.
-- The record received last of each student, course and day; fewer than five students: null.
SELECT weekday,
    CASE WHEN count(DISTINCT student) >= 5 THEN count(DISTINCT student) END AS students,
    CASE WHEN count(DISTINCT student) >= 5 THEN CAST(floor(
        CAST(count(attended) AS DOUBLE) * 10000 / count(*) + 0.5
    ) AS BIGINT) END AS attended_bp,
    CASE WHEN count(DISTINCT student) >= 5 THEN CAST(floor(
        CAST(count(late) AS DOUBLE) * 10000 / NULLIF(count(attended), 0) + 0.5
    ) AS BIGINT) END AS late_bp,
    CASE WHEN count(DISTINCT student) >= 5 THEN CAST(floor(
        CAST(sum(late_minutes) AS DOUBLE) * 1000 / NULLIF(count(late_minutes), 0) + 0.5
    ) AS BIGINT) END AS late_milli,
    max(ran_on) AS day
FROM (
    SELECT student, CAST(CAST(day_on - DATE '1900-01-01' AS INT) % 7 + 1 AS BIGINT) AS weekday,
        CASE WHEN lower(status) IN ('present', 'late') THEN 1 END AS attended,
        CASE WHEN lower(status) = 'late' THEN 1 END AS late,
        CASE WHEN lower(status) = 'late' THEN minutes_late END AS late_minutes
    FROM (
        SELECT records.*, row_number() OVER (
            PARTITION BY student, course, day_on ORDER BY received_at DESC, upload_row DESC
        ) AS version
        FROM trusted_attendance_records AS records
    ) AS versions
    WHERE version = 1 AND lower(status) <> 'excused'
) AS counted
CROSS JOIN run_time
GROUP BY weekday
