-- The tables, indexes, view and function of the management database, as an init script may have made them before us:
-- everything is "if not exists", so that a database that already has them keeps its rows.

CREATE TABLE IF NOT EXISTS service_configs (
    id SERIAL PRIMARY KEY,
    service_name VARCHAR(50) UNIQUE NOT NULL,
    database_name VARCHAR(50) NOT NULL,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE IF NOT EXISTS backup_log (
    id SERIAL PRIMARY KEY,
    service_name VARCHAR(50) NOT NULL,
    backup_type VARCHAR(20) NOT NULL,
    backup_path VARCHAR(255),
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    success BOOLEAN DEFAULT true
);

CREATE TABLE IF NOT EXISTS user_activity (
    id SERIAL PRIMARY KEY,
    service_name VARCHAR(50) NOT NULL,
    action VARCHAR(100) NOT NULL,
    user_identifier VARCHAR(100),
    ip_address INET,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

CREATE INDEX IF NOT EXISTS idx_service_configs_service_name ON service_configs (service_name);
CREATE INDEX IF NOT EXISTS idx_backup_log_service_name ON backup_log (service_name);
CREATE INDEX IF NOT EXISTS idx_backup_log_created_at ON backup_log (created_at);
CREATE INDEX IF NOT EXISTS idx_user_activity_service_name ON user_activity (service_name);
CREATE INDEX IF NOT EXISTS idx_user_activity_created_at ON user_activity (created_at);
