using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Migrations.Operations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

namespace Gantry.Server.Store.Migrations;

/// <summary>One set of migrations for all databases: they name no column types, and this makes up for what is left.</summary>
internal static class PortableMigrations
{
    /// <summary>Ends each <c>Up</c>. On PostgreSQL, texts compare byte by byte as they do on SQLite, and numbers count up by themselves.</summary>
    public static void MakePortable(this MigrationBuilder builder)
    {
        if (!builder.IsNpgsql())
        {
            return;
        }

        foreach (var column in builder.Operations.SelectMany(Columns))
        {
            if (column.ClrType == typeof(string))
            {
                column.Collation = "C";
            }

            if (column.FindAnnotation("Sqlite:Autoincrement") is not null)
            {
                column.AddAnnotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn);
            }
        }
    }

    private static IEnumerable<AddColumnOperation> Columns(MigrationOperation operation) => operation switch
    {
        CreateTableOperation table => table.Columns,
        AddColumnOperation column => [column],
        _ => [],
    };
}
