-- Attendance by course and week, and its change against the week before.
-- The record received last of each student, course and day; fewer than five students: null.
SELECT course, week_on, students, attended_bp,
    CASE WHEN CAST(week_on - lag(week_on) OVER (PARTITION BY course ORDER BY week_on) AS INT) = 7
        THEN attended_bp - lag(attended_bp) OVER (PARTITION BY course ORDER BY week_on)
    END AS change_bp,
    ran_on AS day
FROM (
    SELECT course, week_on,
        CASE WHEN count(DISTINCT student) >= 5 THEN count(DISTINCT student) END AS students,
        CASE WHEN count(DISTINCT student) >= 5 THEN CAST(floor(
            CAST(count(attended) AS DOUBLE) * 10000 / count(*) + 0.5
        ) AS BIGINT) END AS attended_bp
    FROM (
        SELECT student, course, CAST(date_trunc('WEEK', day_on) AS DATE) AS week_on,
            CASE WHEN lower(status) IN ('present', 'late') THEN 1 END AS attended
        FROM (
            SELECT records.*, row_number() OVER (
                PARTITION BY student, course, day_on ORDER BY received_at DESC, upload_row DESC
            ) AS version
            FROM trusted_attendance_records AS records
        ) AS versions
        WHERE version = 1 AND lower(status) <> 'excused'
    ) AS counted
    GROUP BY course, week_on
) AS weeks
CROSS JOIN run_time
